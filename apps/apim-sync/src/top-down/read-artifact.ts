import { unzipSync } from 'fflate';

/** APIM sends one file; a few more are tolerated. */
const ENTRIES_MAX = 20;
/** As large as a document may be (libs/rest-api bounds.test.ts). */
const YAML_BYTES_MAX = 1024 * 1024;

export type Artifact = { readonly ok: true; readonly yaml: string } | { readonly ok: false; readonly message: string };

/**
 * The artifact of a ZIP: its first .yaml entry. Nothing is inflated but that one, into a buffer of the size it declares, which is
 * bounded; names that leave the archive condemn all of it. Pure.
 */
export function readArtifact(zip: Buffer): Artifact {
  let entries = 0;
  let fault: string | null = null;
  let wanted: string | null = null;
  try {
    const files = unzipSync(zip, {
      filter: ({ name, originalSize }) => {
        entries += 1;
        if (entries > ENTRIES_MAX) fault ??= `The archive has more than ${ENTRIES_MAX} entries`;
        if (isOutside(name)) fault ??= `The archive has an entry outside itself: ${JSON.stringify(name.slice(0, 100))}`;
        if (fault !== null || wanted !== null || !/\.ya?ml$/i.test(name)) return false;
        if (originalSize > YAML_BYTES_MAX) fault = `${name} has ${originalSize} bytes, more than ${YAML_BYTES_MAX}`;
        else wanted = name;
        return fault === null;
      },
    });
    if (fault !== null) return { ok: false, message: fault };
    if (wanted === null) return { ok: false, message: 'The archive holds no .yaml' };
    const yaml = files[wanted] as Uint8Array; // the filter let it through
    if (yaml.length > YAML_BYTES_MAX) return { ok: false, message: `${wanted as string} is larger than it declares` };
    return { ok: true, yaml: new TextDecoder('utf-8', { fatal: true }).decode(yaml) };
  } catch (error) {
    return { ok: false, message: `The archive cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function isOutside(name: string): boolean {
  return name.startsWith('/') || /^[A-Za-z]:/.test(name) || /[\\\0]/.test(name) || name.split('/').includes('..');
}

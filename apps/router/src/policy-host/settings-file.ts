import { readFileSync, statSync } from 'node:fs';

const BYTES_MAX = 1_048_576;

/** A file that an operator named in `[policy_configurations]`: a key, a certificate. Throws, naming the file, when it is none to read. */
export function readSettingsFile(path: string): string {
  const size = statSync(path).size;
  if (size > BYTES_MAX) throw new Error(`${path} is larger than ${BYTES_MAX} bytes`);
  return readFileSync(path, 'utf8');
}

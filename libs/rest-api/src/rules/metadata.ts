import { jsonPath } from '../json-path.ts';
import { ARTIFACT_ID } from '../resolved.ts';
import type { SoundDocument } from '../sound.ts';
import type { Report } from './report.ts';

/** The handle and the labels. Source: reference management-api §2.1; the length is ours (everything has a bound). */
export function metadataRules({ metadata }: SoundDocument, report: Report): void {
  if (metadata?.name !== undefined) nameRule(metadata.name, report);
  for (const name of ['labels', 'annotations'] as const) {
    // The one name that records pass over without a look at its value.
    if (!Object.hasOwn(metadata?.[name] ?? {}, '__proto__')) continue;
    report(`metadata.${name}`, 'invalid_format', `'__proto__' cannot be a name in metadata.${name}`);
  }
  const pinned = metadata?.annotations?.[ARTIFACT_ID];
  if (pinned !== undefined && !UUID.test(pinned))
    report(jsonPath(['metadata', 'annotations', ARTIFACT_ID]), 'invalid_format', `The annotation ${ARTIFACT_ID} must be a uuid`);
  for (const key of Object.keys(metadata?.labels ?? {})) {
    if (!/\s/.test(key)) continue;
    report(
      'metadata.labels',
      'invalid_format',
      `Label key '${key}' contains whitespace characters. Label keys must not contain any whitespace.`,
    );
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function nameRule(name: string, report: Report): void {
  if (name === '') return report('metadata.name', 'required', 'Metadata name is required');
  // eslint-disable-next-line no-control-regex -- naming them is the point
  if (/[\s}/\u0000-\u001f\u007f]/.test(name)) {
    return report(
      'metadata.name',
      'invalid_format',
      "metadata.name must not contain whitespace, '/', '}', or control characters",
    );
  }
  if (!name.isWellFormed())
    return report('metadata.name', 'invalid_format', 'metadata.name must not contain half a surrogate pair');
  if (name === '.' || name === '..') return report('metadata.name', 'invalid_format', "metadata.name must not be '.' or '..'");
  if (name.length > 253) report('metadata.name', 'too_big', 'metadata.name must be at most 253 characters');
}

import type { RestApiDocument } from '../document.ts';
import type { Loss } from './losses.ts';

/** What is longer is named by its paths alone. */
const CHARS_MAX = 8000;

/** The parts of a document that APIM has no place for, as they are: JSON of path → value; '' = there are none. Pure. */
export function unrepresentedOf(document: RestApiDocument, losses: readonly Loss[]): string {
  if (losses.length === 0) return '';
  const parts = Object.fromEntries(losses.map(({ path }) => [path, valueAt(document, path) ?? null]));
  const text = JSON.stringify(parts);
  if (text.length <= CHARS_MAX) return text;
  const paths = JSON.stringify(Object.keys(parts));
  return paths.length <= CHARS_MAX ? paths : JSON.stringify(Object.keys(parts).slice(0, 100));
}

/** Paths as losses.ts writes them: names and numbers, no brackets around names. */
function valueAt(document: RestApiDocument, path: string): unknown {
  const steps = path.split(/[.[\]]/).filter((step) => step !== '');
  return steps.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined,
    document,
  );
}

/**
 * `spec.operations[0].method`; a name that would not read well after a dot stands in brackets: `metadata.labels["my key"]`.
 * Names are the user's, so each is cut after NAME_LENGTH_MAX characters. `at` is put in front.
 */
export function jsonPath(path: readonly PropertyKey[], at = ''): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const name = cut(String(step), NAME_LENGTH_MAX);
    if (!PLAIN_NAME.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, at);
}

const NAME_LENGTH_MAX = 64;
const PLAIN_NAME = /^[A-Za-z0-9_$/@:+-]+…?$/;

/** At most `length` characters of a text and a sign that there was more. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

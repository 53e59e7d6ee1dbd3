/** Directives of a Cache-Control header by lower-case name; `''` = without a value. The first of a name counts (RFC 9111 §4.2.1). */
export type Directives = ReadonlyMap<string, string>;

/** What cannot be read as a directive is passed over. */
export function cacheControl(header: string | undefined): Directives {
  const found = new Map<string, string>();
  if (header === undefined) return found;
  // One pass, no nesting: linear in what a client may send.
  for (const [, name = '', quoted, token = ''] of header.matchAll(DIRECTIVE)) {
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, quoted?.replaceAll(/\\(.)/g, '$1') ?? token);
  }
  return found;
}

const DIRECTIVE = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g;

/** `null` = not there; what is there and no number of seconds counts as 0, for that is the careful reading (§4.2.1). */
export function secondsOf(directives: Directives, name: string): number | null {
  const value = directives.get(name);
  if (value === undefined) return null;
  return /^\d+$/.test(value) ? Math.min(Number(value), SECONDS_MAX) : 0;
}

/** §1.2.2 asks for at least this much. */
const SECONDS_MAX = 2 ** 31;

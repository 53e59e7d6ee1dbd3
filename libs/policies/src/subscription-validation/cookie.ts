/** Value of a cookie, without the quotes that may stand around it; `undefined` = it is not there, or empty. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  const pair = pairsOf(header).find((candidate) => nameOf(candidate) === name);
  const value = pair
    ?.slice(pair.indexOf('=') + 1)
    .trim()
    .replace(/^"(.*)"$/, '$1');
  return value === '' ? undefined : value;
}

/** The header without that cookie; `null` = nothing is left of it */
export function withoutCookie(header: string | undefined, name: string): string | null {
  const kept = pairsOf(header).filter((pair) => nameOf(pair) !== name);
  return kept.length === 0 ? null : kept.join('; ');
}

/** Several Cookie headers are joined with ", " by who reads them: no cookie holds a comma that is not in quotes or of its own making. */
function pairsOf(header: string | undefined): string[] {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '');
}

function nameOf(pair: string): string {
  const equals = pair.indexOf('=');
  return equals < 0 ? '' : pair.slice(0, equals).trim();
}

/**
 * Why a header pattern cannot be accepted, or `null`. Patterns run in the router on what clients send, with a backtracking
 * engine, so only those are accepted whose running time is at most quadratic in the value's length:
 * no look-around, no back-references; a repeated group may hold neither a repetition nor an alternative; at most two
 * unbounded repetitions (`*`, `+`, `{n,}`). Matching is of the whole value.
 */
export function headerPatternProblem(pattern: string): string | null {
  if (pattern === '') return 'Header pattern must not be empty';
  if (pattern.length > LENGTH_MAX) return `Header pattern must be at most ${LENGTH_MAX} characters`;
  try {
    new RegExp(`^(?:${pattern})$`, 'u');
    // Alone too: "a)(b" is whole only inside our own group.
    new RegExp(pattern, 'u');
  } catch (error) {
    return `Invalid regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
  return costProblem(pattern);
}

const LENGTH_MAX = 256;
const UNBOUNDED_MAX = 2;

/** Class, escape, group start, bracket, repetition or any other character; the pattern is known to be well formed. */
const TOKEN = /\[(?:\\.|[^\]\\])*\]|\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\.|\(\?[^:]?|\(|\)|\||[*+?]\??|\{\d+(?:,\d*)?\}\??|./gsu;

function costProblem(pattern: string): string | null {
  const open: { risky: boolean }[] = [{ risky: false }];
  let closed: { risky: boolean } | null = null;
  let unbounded = 0;
  for (const [token] of pattern.matchAll(TOKEN)) {
    const group = open.at(-1) as { risky: boolean };
    const justClosed = closed;
    closed = null;
    if (/^\\[1-9k]/.test(token)) return 'Back-references are not supported in header patterns';
    if (token.startsWith('(?') && token !== '(?') return 'Look-around and named groups are not supported in header patterns';
    if (token.startsWith('(')) open.push({ risky: false });
    else if (token === ')') closed = open.pop() ?? null;
    else if (token === '|') group.risky = true;
    else if (isRepetition(token)) {
      if (justClosed?.risky === true && !token.startsWith('?'))
        return 'A repeated group may not hold repetitions or alternatives';
      if (isUnbounded(token)) unbounded += 1;
      group.risky = true;
    }
    if (closed?.risky === true) (open.at(-1) as { risky: boolean }).risky = true;
  }
  return unbounded > UNBOUNDED_MAX ? `Header patterns may hold at most ${UNBOUNDED_MAX} unbounded repetitions` : null;
}

function isRepetition(token: string): boolean {
  return /^(?:[*+?]|\{\d)/.test(token);
}

function isUnbounded(token: string): boolean {
  return /^(?:[*+]|\{\d+,\})/.test(token);
}

/**
 * Why a header pattern cannot be accepted, or `null`. Patterns run in the router on what clients send, with a backtracking
 * engine, so only those are accepted whose running time is at most quadratic in the value's length: no look-around, no
 * back-references; a repeated group may hold neither a repetition nor an alternative; at most two unbounded repetitions (`*`,
 * `+`, `{n,}`); and the choices that remain (`?`, `{n,m}`, alternatives), multiplied, at most CHOICES_MAX. Matching is of the
 * whole value, and routers try no value longer than 1024 characters: a millisecond or two at worst.
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
/** Where two unbounded repetitions make it quadratic already, a sixteenth. */
const CHOICES_MAX = 64;

/** Class, escape, group start, bracket, repetition or any other character; the pattern is known to be well formed. */
const TOKEN = /\[(?:\\.|[^\]\\])*\]|\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\.|\(\?[^:]?|\(|\)|\||[*+?]\??|\{\d+(?:,\d*)?\}\??|./gsu;

/** `risky`: holds a repetition or an alternative, so that it must not be repeated itself. */
interface Group {
  risky: boolean;
  alternatives: number;
}

function costProblem(pattern: string): string | null {
  const open: Group[] = [newGroup()];
  let closed: Group | null = null;
  let unbounded = 0;
  let choices = 1;
  for (const [token] of pattern.matchAll(TOKEN)) {
    const group = open.at(-1) as Group;
    const justClosed = closed;
    closed = null;
    if (/^\\[1-9k]/.test(token)) return 'Back-references are not supported in header patterns';
    if (token.startsWith('(?') && token !== '(?') return 'Look-around and named groups are not supported in header patterns';
    if (token.startsWith('(')) open.push(newGroup());
    else if (token === ')') closed = open.pop() ?? null;
    else if (token === '|') {
      group.risky = true;
      group.alternatives += 1;
    } else if (isRepetition(token)) {
      if (justClosed?.risky === true && !token.startsWith('?'))
        return 'A repeated group may not hold repetitions or alternatives';
      if (isUnbounded(token)) unbounded += 1;
      choices *= choicesOf(token);
      group.risky = true;
    }
    if (closed === null) continue;
    choices *= closed.alternatives;
    if (closed.risky) (open.at(-1) as Group).risky = true;
  }
  choices *= open[0]?.alternatives ?? 1;
  if (unbounded > UNBOUNDED_MAX) return `Header patterns may hold at most ${UNBOUNDED_MAX} unbounded repetitions`;
  return choices * (unbounded === UNBOUNDED_MAX ? 16 : 1) > CHOICES_MAX
    ? 'The header pattern can match in too many ways; use fewer optional parts and alternatives'
    : null;
}

function newGroup(): Group {
  return { risky: false, alternatives: 1 };
}

function isRepetition(token: string): boolean {
  return /^(?:[*+?]|\{\d)/.test(token);
}

function isUnbounded(token: string): boolean {
  return /^(?:[*+]|\{\d+,\})/.test(token);
}

/** In how many ways a bounded repetition can end: `?` 2, `{2,4}` 3, `{3}` 1. */
function choicesOf(token: string): number {
  if (token.startsWith('?')) return 2;
  const [, least, most] = /^\{(\d+),(\d+)\}/.exec(token) ?? [];
  return least === undefined ? 1 : Number(most) - Number(least) + 1;
}

/** Looks owed after an exchange of unknown outcome, each four times as long after the one before. */
export const LOOKS_OWED = 3;

/**
 * When to look again: `baseMs` (how long an exchange may take) after the first success that followed, then 4 and 16 times that.
 * null = nothing is owed.
 */
export function lookInMs(looks: number, baseMs: number): number | null {
  return looks === 0 ? null : baseMs * 4 ** (LOOKS_OWED - looks);
}

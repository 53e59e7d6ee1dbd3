/**
 * A single-unit duration ("30s", "1.5m", "500ms", "2h") in milliseconds, rounded; `null` = not of that form.
 * Source: reference management-api §2.5.
 */
export function durationToMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) return null;
  return Math.round(Number(match[1]) * (UNIT_MS[match[2] as string] as number));
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Longest accepted timeout. Keeps every value far inside a 32-bit timer. */
export const TIMEOUT_MS_MAX = 24 * 3_600_000;

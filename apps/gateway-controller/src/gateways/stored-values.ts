/** Text from outside as PostgreSQL can store it, in json too: no NUL, no lone surrogate, and cut at the bound. */
export function toStoredText(text: string, charsMax: number): string {
  return text.replaceAll('\u0000', '').slice(0, charsMax).toWellFormed();
}

/** A map from outside: at most 64 entries of bounded size. */
export function toStoredMap(map: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(map).slice(0, 64);
  return Object.fromEntries(entries.map(([name, value]) => [toStoredText(name, 128), toStoredText(value, 1024)]));
}

/** An unsigned 32-bit number from outside, in a column of type integer: what is larger is as large as it can be. */
export function toStoredInt(value: number): number {
  return Math.min(value, 2 ** 31 - 1);
}

/** Counts by name: at most 1000 of them. */
export function toStoredCounts(counts: Readonly<Record<string, number>>): Record<string, number> {
  const entries = Object.entries(counts).slice(0, 1000);
  return Object.fromEntries(entries.map(([name, count]) => [toStoredText(name, 128), toStoredInt(count)]));
}

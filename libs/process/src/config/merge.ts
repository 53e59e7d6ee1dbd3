export type RawTable = { readonly [key: string]: unknown };

/** Tables merge key by key, everything else (arrays too) is replaced by the later one. Pure; neither argument is changed. */
export function deepMerge(earlier: RawTable, later: RawTable): RawTable {
  // Object.fromEntries defines properties, so a key named __proto__ stays data
  const merged = new Map<string, unknown>(Object.entries(earlier));
  for (const [key, value] of Object.entries(later)) {
    const before = merged.get(key);
    merged.set(key, isTable(before) && isTable(value) ? deepMerge(before, value) : value);
  }
  return Object.fromEntries(merged);
}

/** The table with `value` at `path`, tables made on the way; a scalar in the way is replaced, as a later file would. */
export function withValue(table: RawTable, path: readonly string[], value: unknown): RawTable {
  return deepMerge(table, path.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value) as RawTable);
}

export function valueAt(table: RawTable, path: readonly string[]): unknown {
  let value: unknown = table;
  for (const key of path) value = isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

export function isTable(value: unknown): value is RawTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

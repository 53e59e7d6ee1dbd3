import { isTable, type RawTable } from './merge.ts';
import { nearest } from './nearest.ts';
import type { SchemaNode, Table } from './schema-shape.ts';

/**
 * The part of a file that belongs to this app. Keys the schema does not know are dropped: silently when they lie below a prefix another
 * app owns, otherwise with a problem naming the nearest known key.
 */
export function ownPart(raw: RawTable, table: Table, foreign: readonly string[], problems: string[]): RawTable {
  const known = dottedKeys(table);
  return prune(raw, table, '', (path, value) => {
    if (isForeign(path, value, foreign)) return;
    const near = nearest(path, known);
    problems.push(`unknown key "${path}"${near === null ? '' : `; the nearest known key is "${near}"`}`);
  });
}

function prune(raw: RawTable, table: Table, prefix: string, unknown: (path: string, value: unknown) => void): RawTable {
  const kept: [string, unknown][] = [];
  for (const [key, value] of Object.entries(raw)) {
    const path = prefix + key;
    const node = table.keys.get(key);
    if (node === undefined) unknown(path, value);
    else kept.push([key, pruneValue(value, node, path, unknown)]);
  }
  return Object.fromEntries(kept);
}

function pruneValue(value: unknown, node: SchemaNode, path: string, unknown: (path: string, value: unknown) => void): unknown {
  if (node.is === 'table' && isTable(value)) return prune(value, node, `${path}.`, unknown);
  if (node.is === 'list' && Array.isArray(value))
    return value.map((item, index) => pruneValue(item, node.of, `${path}[${index}]`, unknown));
  return value;
}

/** Below a foreign prefix, or a table that holds nothing but foreign ones (`[controller]` above foreign `controller.storage`). */
function isForeign(path: string, value: unknown, foreign: readonly string[]): boolean {
  if (foreign.some((prefix) => path === prefix || path.startsWith(`${prefix}.`))) return true;
  if (!isTable(value) || !foreign.some((prefix) => prefix.startsWith(`${path}.`))) return false;
  return Object.entries(value).every(([key, child]) => isForeign(`${path}.${key}`, child, foreign));
}

function dottedKeys(table: Table, prefix = ''): string[] {
  return [...table.keys].flatMap(([key, node]) => {
    const path = prefix + key;
    return node.is === 'table' ? [path, ...dottedKeys(node, `${path}.`)] : [path];
  });
}

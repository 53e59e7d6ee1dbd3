import { isTable } from './merge.ts';
import type { SchemaNode } from './schema-shape.ts';

/**
 * Bends texts to what the schema wants, since variables and tokens are always texts: "9090" to a number, "true" to a boolean, "a, b" or
 * a JSON array to a list, a JSON object to a map. Tables nobody wrote become empty ones, so that their keys take their defaults.
 * What cannot be bent is left for the schema to refuse.
 */
export function weakly(value: unknown, node: SchemaNode): unknown {
  switch (node.is) {
    case 'table':
      return tableFrom(value, node);
    case 'list':
      return listFrom(value, node.of);
    case 'map':
      return typeof value === 'string' && value.trimStart().startsWith('{') ? fromJson(value) : value;
    case 'value':
      return scalarFrom(value, node.type);
  }
}

function tableFrom(value: unknown, node: Extract<SchemaNode, { is: 'table' }>): unknown {
  const present = value === undefined && node.required ? {} : value;
  if (!isTable(present)) return present;
  const entries: [string, unknown][] = [];
  for (const [key, child] of node.keys) {
    const bent = weakly(Object.hasOwn(present, key) ? present[key] : undefined, child);
    if (bent !== undefined) entries.push([key, bent]);
  }
  return Object.fromEntries(entries);
}

function listFrom(value: unknown, of: SchemaNode): unknown {
  let list = value;
  if (typeof value === 'string') {
    const text = value.trim();
    list = text.startsWith('[')
      ? fromJson(text)
      : text
          .split(',')
          .map((item) => item.trim())
          .filter((item) => item !== '');
  }
  return Array.isArray(list) ? list.map((item) => weakly(item, of)) : list;
}

function scalarFrom(value: unknown, type: string): unknown {
  if (type === 'number' && typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value)) return Number(value);
  if (type === 'boolean' && typeof value === 'string' && /^(true|false)$/i.test(value.trim()))
    return value.trim().toLowerCase() === 'true';
  if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return String(value);
  return value;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

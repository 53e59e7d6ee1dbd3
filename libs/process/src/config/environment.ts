import { type RawTable, valueAt, withValue } from './merge.ts';
import { nearest } from './nearest.ts';
import type { SchemaNode, Table } from './schema-shape.ts';

const PREFIX = 'APIP_GW_';

/** Variables known by their usual name: they fill a key nothing else has set. */
const WELL_KNOWN: ReadonlyMap<string, readonly string[]> = new Map([['REDIS_URL', ['redis', 'url']]]);

/**
 * Lays `APIP_GW_…` variables over the files (decision 12). `_` and `__` mean the same, so a name is looked up with runs of `_` folded
 * to one among all keys written the same way. An empty variable says nothing. Below a free map the rest of the name is the user's key,
 * lower-cased, `__` between levels.
 */
export function applyEnvironment(
  raw: RawTable,
  table: Table,
  foreign: readonly string[],
  env: NodeJS.ProcessEnv,
  problems: string[],
): RawTable {
  const keys = keysByName(table);
  const seen = new Map<string, { readonly variable: string; readonly value: string }>();
  let result = raw;
  for (const [variable, value] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!variable.startsWith(PREFIX) || value === undefined || value === '') continue;
    const path = pathOf(variable, keys);
    if (path === null) {
      if (!isForeignName(fold(variable.slice(PREFIX.length)), foreign)) problems.push(unknownVariable(variable, keys));
      continue;
    }
    const dotted = path.join('.');
    const other = seen.get(dotted);
    if (other !== undefined && other.value !== value)
      problems.push(`${other.variable} and ${variable} are the same key (${dotted}) but differ`);
    seen.set(dotted, { variable, value });
    result = withValue(result, path, value);
  }
  for (const [variable, path] of WELL_KNOWN) {
    const value = env[variable];
    const unset = [undefined, ''].includes(valueAt(result, path) as string | undefined);
    if (value && unset && keys.has(envName(path))) result = withValue(result, path, value);
  }
  return result;
}

/** The variable that sets `path`; `null` = none does */
export function variableOf(path: readonly string[], env: NodeJS.ProcessEnv): string | null {
  const wanted = envName(path);
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX) && env[name] !== '');
  const usual = [...WELL_KNOWN].find(([name, known]) => env[name] && envName(known) === wanted)?.[0];
  return names.find((name) => fold(name.slice(PREFIX.length)) === wanted) ?? usual ?? null;
}

interface KnownKey {
  readonly path: readonly string[];
  readonly node: SchemaNode;
}

/** Throws when two keys fold to one name: a mistake in the schema, not in the user's configuration. */
function keysByName(table: Table): ReadonlyMap<string, KnownKey> {
  const keys = new Map<string, KnownKey>();
  const visit = (node: Table, prefix: readonly string[]): void => {
    for (const [key, child] of node.keys) {
      const path = [...prefix, key];
      if (child.is === 'table') {
        visit(child, path);
        continue;
      }
      const name = envName(path);
      const other = keys.get(name);
      if (other)
        throw new Error(`Configuration keys ${other.path.join('.')} and ${path.join('.')} share the variable ${PREFIX}${name}`);
      keys.set(name, { path, node: child });
    }
  };
  visit(table, []);
  return keys;
}

function pathOf(variable: string, keys: ReadonlyMap<string, KnownKey>): readonly string[] | null {
  const said = variable.slice(PREFIX.length);
  const exact = keys.get(fold(said));
  if (exact) return exact.path;
  for (const [name, key] of keys) {
    if (key.node.is !== 'map' || !fold(said).startsWith(`${name}_`)) continue;
    return [...key.path, ...restAfter(said, name).toLowerCase().split('__')];
  }
  return null;
}

/** What follows a folded name in a variable that may have written its `_` doubled. */
function restAfter(said: string, name: string): string {
  const start = new RegExp(`^${name.replaceAll('_', '_+')}_+`).exec(said)?.[0] ?? '';
  return said.slice(start.length);
}

function unknownVariable(variable: string, keys: ReadonlyMap<string, KnownKey>): string {
  const near = nearest(fold(variable.slice(PREFIX.length)), keys.keys());
  return `unknown variable ${variable}${near === null ? '' : `; the nearest known one is ${PREFIX}${near}`}`;
}

function isForeignName(name: string, foreign: readonly string[]): boolean {
  return foreign.some((prefix) => {
    const owned = envName(prefix.split('.'));
    return name === owned || name.startsWith(`${owned}_`);
  });
}

function envName(path: readonly string[]): string {
  return fold(path.join('_'));
}

function fold(name: string): string {
  return name.replaceAll(/_+/g, '_').toUpperCase();
}

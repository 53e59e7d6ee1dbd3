import { readFileSync } from 'node:fs';

import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';

import { ConfigError } from './config-error.ts';
import { applyEnvironment } from './environment.ts';
import { ownPart } from './known-keys.ts';
import { deepMerge, isTable, type RawTable } from './merge.ts';
import { tableOf } from './schema-shape.ts';
import { resolveTokens } from './tokens.ts';
import { weakly } from './weak-types.ts';

export interface LoadConfigOptions<S extends z.ZodObject> {
  readonly schema: S;
  /** dotted prefixes of keys other apps own in the same file: nothing below them is judged here */
  readonly foreign: readonly string[];
  /** default: this process's arguments; only `--config FILE` (repeatable, `-config` as WSO2 writes it) is known */
  readonly argv?: readonly string[];
  /** default: this process's environment */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * An app's configuration, read once at start: TOML files in order, then environment, then the schema; deeply frozen.
 * Throws ConfigError with every problem found, in the order files, environment, schema.
 */
export function loadConfig<S extends z.ZodObject>(options: LoadConfigOptions<S>): z.output<S> {
  const env = options.env ?? process.env;
  const problems: string[] = [];
  const table = tableOf(options.schema);

  const written = readFiles(options.argv ?? process.argv.slice(2), problems);
  const own = ownPart(written, table, options.foreign, problems);
  const resolved = resolveTokens(own, env, problems) as RawTable; // a table stays a table
  const raw = applyEnvironment(resolved, table, options.foreign, env, problems);

  const parsed = options.schema.safeParse(weakly(raw, table));
  if (!parsed.success) problems.push(...parsed.error.issues.map(describeIssue));
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return deepFreeze(parsed.data);
}

function readFiles(argv: readonly string[], problems: string[]): RawTable {
  let merged: RawTable = {};
  for (const file of configFiles(argv, problems)) {
    try {
      merged = deepMerge(merged, parse(readFileSync(file, 'utf8')));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const place = error instanceof TomlError ? `${file}:${error.line}:${error.column}` : file;
      problems.push(`${place}: ${error.message.split('\n')[0] ?? ''}`);
    }
  }
  return merged;
}

export function configFiles(argv: readonly string[], problems: string[]): string[] {
  const files: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    const match = /^--?config(?:=(.*))?$/.exec(argument);
    if (!match) {
      problems.push(`unknown argument ${argument}; the only one is --config FILE`);
      continue;
    }
    const file = match[1] ?? argv[++index];
    if (file) files.push(file);
    else problems.push(`${argument} needs a file name`);
  }
  return files;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}

/** Tables and lists only: class instances such as Secret look after themselves. */
function deepFreeze<T>(value: T): T {
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  else if (isTable(value) && Object.getPrototypeOf(value) === Object.prototype)
    for (const child of Object.values(value)) deepFreeze(child);
  else return value;
  return Object.freeze(value);
}

import { readFileSync } from 'node:fs';

import { parse } from 'smol-toml';
import type { z } from 'zod';

import { variableOf } from './environment.ts';
import { configFiles, loadConfig, type LoadConfigOptions } from './load-config.ts';
import { isTable, valueAt } from './merge.ts';

export interface EffectiveValue {
  /** `controller.server.port` */
  readonly path: string;
  /** As the app sees it (durations in ms); a secret is `***` by its type */
  readonly value: unknown;
  /** `file NAME`, `environment NAME`, or `default` */
  readonly origin: string;
}

/** Every value an app runs with, and who said it, in the schema's order. @throws ConfigError as `loadConfig` */
export function effectiveConfig<S extends z.ZodObject>(options: LoadConfigOptions<S>): EffectiveValue[] {
  const env = options.env ?? process.env;
  const files = configFiles(options.argv ?? process.argv.slice(2), []).map((name) => ({
    name,
    table: parse(readFileSync(name, 'utf8')),
  }));
  return leavesOf(loadConfig(options), []).map(({ path, value }) => {
    const variable = variableOf(path, env);
    const file = files.findLast(({ table }) => valueAt(table, path) !== undefined);
    const origin = variable !== null ? `environment ${variable}` : file !== undefined ? `file ${file.name}` : 'default';
    return { path: path.join('.'), value: printable(path.at(-1) ?? '', value), origin };
  });
}

/** One setting a line: name, value, origin. */
export function effectiveConfigText(values: readonly EffectiveValue[]): string {
  return values.map(({ path, value, origin }) => `${path} = ${JSON.stringify(value)}  # ${origin}\n`).join('');
}

/**
 * The files of `config --effective [--config FILE]…`, or `null` when a program was started to do its work.
 * @throws Error for `config` without `--effective`
 */
export function effectiveConfigAsked(argv: readonly string[]): string[] | null {
  if (argv[0] !== 'config') return null;
  const files = argv.slice(1).filter((argument) => argument !== '--effective');
  if (files.length === argv.length - 1) throw new Error('say config --effective [--config FILE]…');
  return files;
}

/**
 * What is a secret by its type is masked already. Tables that an app does not look into (`[policy_configurations]`) have no types:
 * there the name decides, also in lists.
 */
function printable(name: string, value: unknown): unknown {
  if (typeof value === 'string') return SECRET_NAME.test(name) && value !== '' ? '***' : withoutUser(value);
  if (Array.isArray(value)) return value.map((item) => printable(name, item));
  if (!isTable(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, printable(key, child)]));
}

/** Passwords, client secrets, bearer tokens, keys that stand in the configuration itself */
const SECRET_NAME = /(?:password|secret|bearer_?token|private_?key|inline)$/i;

/** redis://user:password@host is a plain string to its app. */
function withoutUser(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/(?<=:\/\/)[^/?#]*@/g, '***@') : value;
}

/** Lists are one value: they are replaced as a whole. So is a secret, which is no plain table. */
function leavesOf(value: unknown, path: readonly string[]): { readonly path: readonly string[]; readonly value: unknown }[] {
  if (!isTable(value) || Object.getPrototypeOf(value) !== Object.prototype) return [{ path, value }];
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

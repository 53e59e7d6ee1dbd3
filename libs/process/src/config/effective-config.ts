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
    return { path: path.join('.'), value: withoutUser(value), origin };
  });
}

/** redis://user:password@host is a plain string to its app. */
function withoutUser(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/(?<=:\/\/)[^/?#]*@/g, '***@') : value;
}

/** Lists are one value: they are replaced as a whole. So is a secret, which is no plain table. */
function leavesOf(value: unknown, path: readonly string[]): { readonly path: readonly string[]; readonly value: unknown }[] {
  if (!isTable(value) || Object.getPrototypeOf(value) !== Object.prototype) return [{ path, value }];
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

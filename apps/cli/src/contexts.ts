import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import { CliError, EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export type Context = z.output<typeof context>;
export type Contexts = z.output<typeof contexts>;

/** A password or an access token; `cacert` is a PEM file of the authority that the server's certificate is from. */
const context = z
  .strictObject({
    server: z.url({ protocol: /^https?$/ }),
    username: z.string().optional(),
    password: z.string().optional(),
    token: z.string().optional(),
    cacert: z.string().optional(),
  })
  .refine(({ username, password, token }) => token !== undefined || (username !== undefined && password !== undefined));
const contexts = z.strictObject({ current: z.string().nullable(), contexts: z.record(z.string(), context) });

const NONE: Contexts = { current: null, contexts: {} };

/** `TIDEGATE_CONTEXTS`, else below `XDG_CONFIG_HOME` or ~/.config */
export function contextsFile({ env }: Terminal): string {
  const config = env['XDG_CONFIG_HOME'] || join(env['HOME'] ?? homedir(), '.config');
  return env['TIDEGATE_CONTEXTS'] || join(config, 'tidegate', 'contexts.json');
}

/** @throws CliError when others can read the file, which holds passwords, or when it is not ours */
export function readContexts(file: string): Contexts {
  if (!existsSync(file)) return NONE;
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new CliError(EXIT.usage, `${file} holds passwords and others can read it; run: chmod 600 ${file}`);
  }
  try {
    return contexts.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new CliError(EXIT.usage, `${file} is not what this program writes; move it away`);
  }
}

/** Whole or not at all, and never readable by others, not even for a moment. */
export function writeContexts(file: string, value: Contexts): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
}

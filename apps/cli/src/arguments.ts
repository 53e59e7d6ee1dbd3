import { parseArgs } from 'node:util';

import { CliError, EXIT } from './exit-codes.ts';

export type Arguments = ReturnType<typeof parseArguments>;

/** All commands know the same options, so that `-o json` stands wherever one writes it. */
const OPTIONS = {
  file: { type: 'string', short: 'f', multiple: true },
  output: { type: 'string', short: 'o' },
  'dry-run': { type: 'boolean' },
  wait: { type: 'string' },
  for: { type: 'string' },
  timeout: { type: 'string' },
  directory: { type: 'string', short: 'd' },
  expires: { type: 'string' },
  header: { type: 'string', short: 'H', multiple: true },
  adopt: { type: 'boolean' },
  server: { type: 'string' },
  username: { type: 'string' },
  'password-stdin': { type: 'boolean' },
  'token-stdin': { type: 'boolean' },
  cacert: { type: 'string' },
  gateway: { type: 'string' },
  app: { type: 'string' },
  look: { type: 'boolean' },
  context: { type: 'string' },
  effective: { type: 'boolean' },
  config: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @throws CliError (usage) for what no command knows */
export function parseArguments(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
    return { ...values, words: positionals };
  } catch (error) {
    throw new CliError(EXIT.usage, error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error));
  }
}

/** `words[at]`, which the command cannot do without */
export function required(words: readonly string[], at: number, what: string): string {
  const word = words[at];
  if (word === undefined) throw new CliError(EXIT.usage, `${what} is missing; see tidegate --help`);
  return word;
}

/** One of `known`, or what to use without */
export function oneOf<T extends string>(value: string | undefined, known: readonly T[], otherwise: T): T {
  if (value === undefined) return otherwise;
  const found = known.find((one) => one === value);
  if (found === undefined) throw new CliError(EXIT.usage, `"${value}" is none of ${known.join(', ')}`);
  return found;
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "90s", "5m", "12h", "30d" → milliseconds */
export function durationMs(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS_MS[unit] ?? Number.NaN);
  if (!(ms > 0)) throw new CliError(EXIT.usage, `"${text}" is no duration; write 90s, 5m, 12h or 30d`);
  return ms;
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Arguments } from '../arguments.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';

/** Seen from dist/apps/cli/main.js */
const CONTROLLER = fileURLToPath(new URL('../gateway-controller/main.js', import.meta.url));
const PINNED_NODE = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));

/**
 * `config --effective [--config FILE]…`: what a controller started with these files in this environment runs with, and where each
 * value comes from. The controller itself says it: nobody else knows its settings.
 */
export function configCommand(args: Arguments): ExitCode {
  if (!args.effective) throw new CliError(EXIT.usage, 'Say tidegate config --effective [--config FILE]');
  if (!existsSync(CONTROLLER)) throw new CliError(EXIT.usage, 'The controller is not built here; run `npm run build` once');
  const files = (args.config ?? []).flatMap((file) => ['--config', file]);
  const node = existsSync(PINNED_NODE) ? PINNED_NODE : process.execPath;
  const { status } = spawnSync(node, [CONTROLLER, 'config', '--effective', ...files], { stdio: 'inherit' });
  return status === 0 ? EXIT.done : EXIT.usage;
}

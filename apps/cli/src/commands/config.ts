import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { type Arguments, oneOf } from '../arguments.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';

const APPS = ['gateway-controller', 'router', 'apim-sync'] as const;
const PINNED_NODE = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));

/**
 * `config --effective [--app APP] [--config FILE]…`: what an app started with these files in this environment runs with, and where
 * each value comes from. The app itself says it: nobody else knows its settings.
 */
export function configCommand(args: Arguments): ExitCode {
  if (!args.effective) throw new CliError(EXIT.usage, 'Say tidegate config --effective [--config FILE]');
  const app = oneOf(args.app, APPS, 'gateway-controller');
  // Seen from dist/apps/cli/main.js
  const program = fileURLToPath(new URL(`../${app}/main.js`, import.meta.url));
  if (!existsSync(program)) throw new CliError(EXIT.usage, `${app} is not built here; run \`npm run build\` once`);
  const files = (args.config ?? []).flatMap((file) => ['--config', file]);
  const node = existsSync(PINNED_NODE) ? PINNED_NODE : process.execPath;
  const { status } = spawnSync(node, [program, 'config', '--effective', ...files], { stdio: 'inherit' });
  return status === 0 ? EXIT.done : EXIT.usage;
}

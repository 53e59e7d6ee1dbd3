import { spawnSync } from 'node:child_process';

import { type Arguments, oneOf } from '../arguments.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { appProgram, APPS } from './app-program.ts';

/**
 * `config --effective [--app APP] [--config FILE]…`: what an app started with these files in this environment runs with, and where
 * each value comes from. The app itself says it: nobody else knows its settings.
 */
export function configCommand(args: Arguments): ExitCode {
  if (!args.effective) throw new CliError(EXIT.usage, 'Say tidegate config --effective [--config FILE]');
  const [node, program = ''] = appProgram(oneOf(args.app, APPS, 'gateway-controller'));
  const files = (args.config ?? []).flatMap((file) => ['--config', file]);
  const { status } = spawnSync(node, [program, 'config', '--effective', ...files], { stdio: 'inherit' });
  return status === 0 ? EXIT.done : EXIT.usage;
}

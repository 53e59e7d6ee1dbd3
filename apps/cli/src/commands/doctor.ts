import { spawnSync } from 'node:child_process';

import { type Arguments, oneOf } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { appProgram, APPS } from './app-program.ts';

/**
 * `doctor [--app APP] [--config FILE]…`: each app looks at what its settings lead to (ports, database, peers, credentials, clock,
 * certificates, disk), and says how to mend what is wrong. Without `--app` all of them, as on one machine. Ends with 1 when
 * something must be mended.
 */
export function doctorCommand(args: Arguments, terminal: Terminal): ExitCode {
  const apps = args.app === undefined ? APPS : [oneOf(args.app, APPS, 'router')];
  const format = oneOf(args.output, ['text', 'json'], 'text');
  const files = (args.config ?? []).flatMap((file) => ['--config', file]);
  const reports = apps.map((app) => {
    const [node, program = ''] = appProgram(app);
    const words = [program, 'doctor', ...(format === 'json' ? ['--json'] : []), ...files];
    const { status, stdout, stderr } = spawnSync(node, words, { encoding: 'utf8' });
    return { app, isWell: status === 0, said: stdout, problem: stderr };
  });
  if (format === 'json') {
    const byApp = reports.map(({ app, said }) => [app, said === '' ? [] : (JSON.parse(said) as unknown)] as const);
    terminal.print(`${JSON.stringify(Object.fromEntries(byApp), null, 2)}\n`);
  } else {
    terminal.print(reports.map(({ app, said }) => `${app}\n${said.replaceAll(/^(?=.)/gm, '  ')}`).join('\n'));
  }
  for (const { problem } of reports) if (problem !== '') terminal.say(problem.trimEnd());
  return reports.every(({ isWell }) => isWell) ? EXIT.done : EXIT.different;
}

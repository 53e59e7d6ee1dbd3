import { resolve } from 'node:path';

import { type Arguments, required } from '../arguments.ts';
import { contextsFile, readContexts, writeContexts } from '../contexts.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { formatted } from '../output.ts';
import type { Terminal } from '../terminal.ts';
import { withoutLineEnd } from './session.ts';

/** `context list | use NAME | set NAME --server URL (--username USER --password-stdin | --token-stdin) [--cacert FILE] | delete NAME` */
export async function contextCommand(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const file = contextsFile(terminal);
  const known = readContexts(file);
  const action = args.words[1] ?? 'list';
  if (action === 'list') {
    const rows = Object.entries(known.contexts).map(([name, { server, username }]) => ({
      name,
      server,
      username: username ?? null,
    }));
    const value = { file, current: known.current, contexts: rows };
    const cells = rows.map(({ name, server, username }) => [
      name === known.current ? '*' : '',
      name,
      server,
      username ?? '(token)',
    ]);
    terminal.print(formatted({ value, header: ['', 'NAME', 'SERVER', 'USER'], rows: cells }, args.output));
    return EXIT.done;
  }
  const name = required(args.words, 2, 'The name of the context');
  const { [name]: existing, ...others } = known.contexts;
  if (action === 'set') {
    const server = args.server ?? existing?.server ?? 'http://localhost:9090';
    if (URL.parse(server) === null) throw new CliError(EXIT.usage, `"${server}" is no URL`);
    const cacert = args.cacert === undefined ? {} : { cacert: resolve(args.cacert) };
    const context = { server, ...(await credentials(args, terminal)), ...cacert };
    writeContexts(file, { current: name, contexts: { ...others, [name]: context } });
  } else if (existing === undefined) {
    throw new CliError(EXIT.notFound, `There is no context "${name}"`);
  } else if (action === 'use') {
    writeContexts(file, { ...known, current: name });
  } else if (action === 'delete') {
    writeContexts(file, { current: known.current === name ? null : known.current, contexts: others });
  } else {
    throw new CliError(EXIT.usage, `"context ${action}" is none of list, use, set, delete`);
  }
  terminal.say(`context ${name}: ${action === 'set' ? 'set and in use' : action === 'use' ? 'in use' : 'deleted'}`);
  return EXIT.done;
}

/** Read from standard input, so that they stand in no history and no list of processes */
async function credentials(args: Arguments, terminal: Terminal) {
  if (args['token-stdin']) return { token: withoutLineEnd(await terminal.readInput()) };
  if (args.username !== undefined && args['password-stdin'])
    return { username: args.username, password: withoutLineEnd(await terminal.readInput()) };
  throw new CliError(EXIT.usage, 'A context needs --username USER and --password-stdin, or --token-stdin');
}

import type { Arguments } from '../arguments.ts';
import { type Client, clientOf } from '../client.ts';
import { contextsFile, readContexts } from '../contexts.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

const SERVER_DEFAULT = 'http://localhost:9090';

/**
 * The server to talk to, and as whom: options, then TIDEGATE_SERVER, TIDEGATE_USERNAME and TIDEGATE_PASSWORD, then the context.
 * A context's credentials go to its own server only.
 */
export async function connect(args: Arguments, terminal: Terminal): Promise<Client> {
  const { env } = terminal;
  const { current, contexts } = readContexts(contextsFile(terminal));
  const name = args.context ?? env['TIDEGATE_CONTEXT'] ?? current;
  const chosen = name === null ? undefined : contexts[name];
  if (name !== null && chosen === undefined)
    throw new CliError(EXIT.usage, `There is no context "${name}"; see tidegate context list`);
  const server = args.server ?? env['TIDEGATE_SERVER'] ?? chosen?.server ?? SERVER_DEFAULT;
  const own = chosen?.server === server ? chosen : undefined;
  const username = args.username ?? env['TIDEGATE_USERNAME'] ?? own?.username;
  const password = args['password-stdin']
    ? (await terminal.readInput()).replace(/\r?\n$/, '')
    : (env['TIDEGATE_PASSWORD'] ?? (username === own?.username ? own?.password : undefined));
  if (username === undefined || password === undefined) {
    throw new CliError(
      EXIT.denied,
      `No credentials for ${server}: set TIDEGATE_USERNAME and TIDEGATE_PASSWORD, or tidegate context set`,
    );
  }
  return clientOf({ server, username, password });
}

import type { Arguments } from '../arguments.ts';
import { type Client, clientOf } from '../client.ts';
import { type Context, contextsFile, readContexts } from '../contexts.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { trustAlso } from '../trust.ts';

const SERVER_DEFAULT = 'http://localhost:9090';

/**
 * The server to talk to, and as whom: options, then TIDEGATE_SERVER, TIDEGATE_TOKEN or TIDEGATE_USERNAME and TIDEGATE_PASSWORD, then
 * the context. A context's credentials go to its own server only.
 */
export async function connect(args: Arguments, terminal: Terminal): Promise<Client> {
  const { env } = terminal;
  const chosen = chosenContext(args, terminal);
  const server = args.server ?? env['TIDEGATE_SERVER'] ?? chosen?.server ?? SERVER_DEFAULT;
  const own = chosen?.server === server ? chosen : undefined;
  const cacert = args.cacert ?? env['TIDEGATE_CACERT'] ?? own?.cacert;
  if (cacert !== undefined) trustAlso(cacert);
  const authorization = await authorizationOf(args, terminal, own);
  if (authorization !== null) return clientOf({ server, authorization });
  throw new CliError(
    EXIT.denied,
    `No credentials for ${server}: set TIDEGATE_TOKEN, or TIDEGATE_USERNAME and TIDEGATE_PASSWORD, or tidegate context set`,
  );
}

function chosenContext(args: Arguments, terminal: Terminal): Context | undefined {
  const { current, contexts } = readContexts(contextsFile(terminal));
  const name = args.context ?? terminal.env['TIDEGATE_CONTEXT'] ?? current;
  if (name === null) return undefined;
  const chosen = contexts[name];
  if (chosen === undefined) throw new CliError(EXIT.usage, `There is no context "${name}"; see tidegate context list`);
  return chosen;
}

/** A user who is named on the command line or in the environment wins over a context's token. */
async function authorizationOf(args: Arguments, { env, readInput }: Terminal, own: Context | undefined): Promise<string | null> {
  const named = args.username ?? env['TIDEGATE_USERNAME'];
  const token = env['TIDEGATE_TOKEN'] ?? (named === undefined ? own?.token : undefined);
  if (token !== undefined && args.username === undefined) return `Bearer ${token}`;
  const username = named ?? own?.username;
  const password = args['password-stdin']
    ? withoutLineEnd(await readInput())
    : (env['TIDEGATE_PASSWORD'] ?? (username === own?.username ? own?.password : undefined));
  if (username === undefined || password === undefined) return null;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

export function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}

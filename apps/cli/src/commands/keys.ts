import { type Arguments, durationMs, required } from '../arguments.ts';
import type { Body, Client } from '../client.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { formatted } from '../output.ts';
import type { Terminal } from '../terminal.ts';
import { apiPath } from './paths.ts';

/** `keys list API`, `keys create API [NAME] [--expires 30d]`, `keys regenerate API KEY`, `keys revoke API KEY` */
export async function keysCommand(args: Arguments, client: Client, terminal: Terminal): Promise<ExitCode> {
  const action = required(args.words, 1, 'list, create, regenerate or revoke');
  const keys = `${apiPath(required(args.words, 2, 'The name of the API'))}/api-keys`;
  const key = () => `${keys}/${encodeURIComponent(required(args.words, 3, 'The name or uuid of the key'))}`;
  const lifetime =
    args.expires === undefined ? {} : { expiresIn: { unit: 'seconds', duration: durationMs(args.expires) / 1000 } };
  switch (action) {
    case 'list': {
      const { body } = await client.call('GET', keys);
      terminal.print(formatted({ value: body.apiKeys, header: HEADER, rows: body.apiKeys.map(row) }, args.output));
      return EXIT.done;
    }
    case 'create': {
      const name = args.words[3];
      const { body } = await client.call('POST', keys, { body: { ...(name === undefined ? {} : { name }), ...lifetime } });
      return shown(body, args, terminal);
    }
    case 'regenerate':
      return shown((await client.call('POST', `${key()}/regenerate`, { body: lifetime })).body, args, terminal);
    case 'revoke':
      await client.call('DELETE', key());
      terminal.say('revoked');
      return EXIT.done;
    default:
      throw new CliError(EXIT.usage, `"keys ${action}" is none of list, create, regenerate, revoke`);
  }
}

const HEADER = ['NAME', 'KEY', 'STATUS', 'EXPIRES', 'CREATED BY', 'UUID'];

function row(item: Body): string[] {
  const { name, apiKey, status, expiresAt, createdBy, uuid } = item;
  return [name, apiKey ?? '', status, expiresAt ?? 'never', createdBy, uuid].map(String);
}

/** The key is shown this once: alone on a line, so that a script can take it. */
function shown(body: Body, args: Arguments, terminal: Terminal): ExitCode {
  const key: unknown = body.key ?? body.apiKey?.key ?? body.apiKey?.apiKey;
  if (args.output === undefined) terminal.print(`${String(key)}\n`);
  else terminal.print(formatted({ value: body, header: HEADER, rows: [row(body.apiKey)] }, args.output));
  return EXIT.done;
}

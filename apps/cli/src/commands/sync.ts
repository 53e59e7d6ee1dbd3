import { type Arguments, oneOf, required } from '../arguments.ts';
import type { Client } from '../client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatted } from '../output.ts';
import type { Terminal } from '../terminal.ts';
import { everyPage } from './every-page.ts';
import { apiPath } from './paths.ts';

/** `sync status`: the way to APIM and what waits on it; `sync now API [--adopt]` */
export async function syncCommand(args: Arguments, client: Client, terminal: Terminal): Promise<ExitCode> {
  if (oneOf(args.words[1], ['status', 'now'], 'status') === 'now') {
    const name = required(args.words, 2, 'The name of the API');
    const { body } = await client.call('POST', `${apiPath(name)}/sync`, { body: { adopt: args.adopt ?? false } });
    terminal.print(`${name}: ${body.cpSyncInfo.phase ?? 'not ours to push'}\n`);
    return EXIT.done;
  }
  const { body: overview } = await client.call('GET', '/sync');
  const items = await everyPage(client, '/sync/queue', 'items');
  if (args.output === undefined || args.output === 'wide') {
    const { connection, queue } = overview;
    terminal.print(`APIM ${connection.host ?? ''} ${connection.state}${connection.message ? `: ${connection.message}` : ''}\n`);
    terminal.print(`${queue.synced} synced, ${queue.pending} pending, ${queue.failed} failed, ${queue.parked} parked\n`);
  }
  const rows = items.map(({ handle, cpSyncStatus, cpSyncInfo }) => [
    String(handle),
    String(cpSyncStatus),
    String(cpSyncInfo.phase ?? ''),
    String(cpSyncInfo.attempts ?? ''),
    String(cpSyncInfo.nextAttemptAt ?? ''),
    String(cpSyncInfo.reason ?? ''),
    String(cpSyncInfo.message ?? ''),
  ]);
  const header = ['API', 'STATUS', 'PHASE', 'ATTEMPTS', 'NEXT', 'REASON', 'MESSAGE'];
  const table = { value: { ...overview, items }, header, rows, wideColumns: 1 };
  if (rows.length > 0 || args.output === 'json' || args.output === 'yaml') terminal.print(formatted(table, args.output));
  return EXIT.done;
}

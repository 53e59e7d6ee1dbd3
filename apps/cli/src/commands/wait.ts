import { setTimeout as sleep } from 'node:timers/promises';

import { type Arguments, durationMs, oneOf, required } from '../arguments.ts';
import type { Client } from '../client.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { everyPage } from './every-page.ts';
import { apiPath } from './paths.ts';

const EVERY_MS = 500;

/** `wait API --for programmed|synced|deleted [--timeout 60s]`; 7 when it has not come about in time. */
export async function waitCommand(args: Arguments, client: Client, terminal: Terminal): Promise<ExitCode> {
  const name = required(args.words, 1, 'The name of the API');
  const goal = oneOf(args.for, ['programmed', 'synced', 'deleted'], 'programmed');
  const endMs = performance.now() + durationMs(args.timeout ?? '60s');
  for (;;) {
    const missing = await missingFor(goal, name, client);
    if (missing === null) {
      terminal.print(`${name}: ${goal}\n`);
      return EXIT.done;
    }
    if (performance.now() + EVERY_MS > endMs) throw new CliError(EXIT.timedOut, `${name} is not ${goal}: ${missing}`);
    await sleep(EVERY_MS);
  }
}

/** `null` = reached; otherwise what it still takes, in words */
async function missingFor(goal: string, name: string, client: Client): Promise<string | null> {
  const there = await client.find(apiPath(name));
  if (goal === 'deleted') return there === null ? null : 'it is still there';
  if (there === null) throw new CliError(EXIT.notFound, `There is no API "${name}"`);
  if (goal === 'programmed') return unprogrammed(client);
  const { cpSyncStatus, cpSyncInfo } = there.body;
  if (cpSyncStatus === 'failed')
    throw new CliError(EXIT.refused, `${name}: ${cpSyncInfo.message ?? cpSyncInfo.reason ?? 'failed'}`);
  return cpSyncStatus === 'pending' ? (cpSyncInfo.reason ?? cpSyncInfo.phase) : null;
}

/** Versions are a gateway's, not an API's: a node that has acknowledged the present one has every change before it too. */
async function unprogrammed(client: Client): Promise<string | null> {
  const gateways = await everyPage(client, '/gateways', 'gateways');
  const live = gateways.flatMap(({ version, epoch, nodes }) =>
    (nodes as { id: string; live: boolean; ackedVersion: number; ackedEpoch: number }[])
      .filter((node) => node.live)
      .map((node) => ({ id: node.id, behind: node.ackedEpoch !== epoch || node.ackedVersion < version })),
  );
  if (live.length === 0) return 'no router is connected';
  const behind = live.filter((node) => node.behind).map(({ id }) => id);
  return behind.length === 0 ? null : `${behind.join(', ')} has not applied it`;
}

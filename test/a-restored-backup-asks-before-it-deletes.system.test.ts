import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@tidegate/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** Invariants 4 and 15: a backup that forgot many APIs takes none from the routers until somebody has looked. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-restored-'));
let stack: Stack;
let client: StackClient;

beforeAll(async () => {
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', simulator: false, redis: false });
  client = stackClient(stack);
});

afterAll(() => removeStack(stack, folder));

it('after `db restored` the router serves on and keys stay revoked; confirmed, the APIs go; released, the key works', async () => {
  const keyed = plainApi('Keyed', {
    policies: [{ name: 'api-key-auth', version: 'v1', params: { key: 'X-API-Key', in: 'header' } }],
  });
  await client.manage('POST', '/rest-apis?wait=programmed', keyed);
  const { body: key } = await client.manage('POST', '/rest-apis/Keyed/api-keys?wait=programmed', { name: 'revoked-later' });
  await whileStopped(() => copyDatabase('backup'));

  for (let count = 0; count < 14; count++) await client.manage('POST', '/rest-apis', plainApi(`Later${count}`));
  await client.manage('DELETE', '/rest-apis/Keyed/api-keys/revoked-later?wait=programmed');
  expect(await statuses(key.key)).toEqual({ keyed: 401, later0: 200, later13: 200 });

  await whileStopped(async () => {
    await restore('backup');
    expect(await dbRestored()).toMatch(/epoch 1 ended, epoch \d{10} started/);
  });
  const waiting = await gatewayWhere('the router to ask', ({ deletionsHeldBy }) => deletionsHeldBy.length === 1);
  expect(waiting.nodes[0]).toMatchObject({ ackedEpoch: 1, nack: { code: 'deletions_need_confirmation' } });
  expect(await statuses(key.key)).toEqual({ keyed: 401, later0: 200, later13: 200 });

  const confirmed = await client.manage('POST', '/gateways/default/confirm-deletions?wait=programmed');
  expect(confirmed).toMatchObject({ status: 200, body: { propagation: { state: 'programmed' } } });
  expect(await statuses(key.key)).toEqual({ keyed: 401, later0: 404, later13: 404 });

  // The router's word kept the key from coming back with the backup
  const { body: keys } = await client.manage('GET', '/rest-apis/Keyed/api-keys');
  expect(keys).toMatchObject({ apiKeys: [{ name: 'revoked-later', status: 'held' }] });
  const released = await client.manage('POST', '/rest-apis/Keyed/api-keys/revoked-later/release?wait=programmed');
  expect(released).toMatchObject({ status: 200, body: { propagation: { state: 'programmed' } } });
  expect((await statuses(key.key)).keyed).toBe(200);
});

async function statuses(key: string) {
  const statusOf = async (path: string) => (await client.call(path, { 'x-api-key': key })).status;
  return { keyed: await statusOf('/keyed'), later0: await statusOf('/later0'), later13: await statusOf('/later13') };
}

interface ShownGateway {
  readonly deletionsHeldBy: readonly string[];
  readonly nodes: readonly unknown[];
}

async function gatewayWhere(what: string, condition: (gateway: ShownGateway) => boolean): Promise<ShownGateway> {
  const look = async () => {
    const { body } = await client.manage('GET', '/gateways');
    const [gateway] = (body as unknown as { gateways: readonly ShownGateway[] }).gateways;
    return gateway !== undefined && condition(gateway) ? gateway : null;
  };
  return waitFor(() => look().catch(() => null), { timeoutMs: 30_000, what });
}

/** A database can only be copied while nobody is in it. */
async function whileStopped(work: () => Promise<void>): Promise<void> {
  await stack.process('gateway-controller').stop();
  await work();
  await stack.process('gateway-controller').start();
}

function copyDatabase(name: string): Promise<void> {
  return asOwner((database) => [`CREATE DATABASE ${name} TEMPLATE "${database}"`]);
}

function restore(name: string): Promise<void> {
  return asOwner((database) => [`DROP DATABASE "${database}"`, `ALTER DATABASE ${name} RENAME TO "${database}"`]);
}

async function asOwner(statements: (database: string) => readonly string[]): Promise<void> {
  const url = new URL(stack.urls.database);
  const database = url.pathname.slice(1);
  const client = new Client({ connectionString: new URL('/template1', url).href });
  await client.connect();
  for (const statement of statements(database)) await client.query(statement);
  await client.end();
}

/** With the controller's own configuration; what it printed. */
async function dbRestored(): Promise<string> {
  const node = join(import.meta.dirname, '../node_modules/.bin/node');
  const main = join(import.meta.dirname, '../dist/apps/gateway-controller/main.js');
  const config = join(folder, 'data/config/gateway-controller.toml');
  const child = spawn(node, [main, 'db', 'restored', '--config', config], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(0);
  return printed;
}

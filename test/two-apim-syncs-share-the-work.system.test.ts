import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type AppProcess, startApp, waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from './remove-stack.ts';
import { type ApimState, plainApi, stackClient, type StackClient, synced } from './stack-client.ts';

/** Two workers, one APIM: nothing is imported twice, and one that was frozen past its lease does no harm when it wakes up. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-two-syncs-'));
const data = join(folder, 'data');
let stack: Stack;
let client: StackClient;
let second: AppProcess;

beforeAll(async () => {
  const extraConfig = { apim_sync: { lease: '3s' }, controller: { controlplane: { http_timeout: '1s' } } };
  stack = await startStack({ dataDir: data, ports: 'free', extraConfig });
  client = stackClient(stack);
  const config = readFileSync(join(data, 'config/apim-sync.toml'), 'utf8').replace(/admin_port = \d+/, 'admin_port = 0');
  second = await startApp('apim-sync', { config });
  await second.waitForLog(/Doorbell: listening/);
});

afterAll(async () => {
  await second?.kill('SIGKILL');
  await removeStack(stack, folder);
});

it('every generation of every API is imported once', async () => {
  const names = Array.from({ length: 16 }, (_, index) => `Shared${index}`);
  await Promise.all(names.map((name) => client.manage('POST', '/rest-apis', plainApi(name))));
  for (const name of names) await synced(client, name, 1);
  await Promise.all(names.map((name) => client.manage('PUT', `/rest-apis/${name}`, plainApi(name))));
  for (const name of names) await synced(client, name, 2);
  const { apis } = await client.apim();
  expect(apis.map(({ name }) => name).sort()).toEqual([...names].sort());
  // an update that came while the first import ran may have been coalesced with it, never doubled
  for (const { revisionsMade } of apis) expect(revisionsMade).toBe(2);
});

it('one frozen in the middle of an import wakes up after its lease: APIM ends with the last generation, once', async () => {
  const arrived = new Set((await client.apim()).exchanges.map(({ seq }) => seq));
  await client.inject({ endpoint: 'import', fault: { kind: 'delay', ms: 6000 }, times: 1 });
  const { body } = await client.manage('POST', '/rest-apis', plainApi('Frozen'));
  await waitFor(
    async () => (await client.apim()).exchanges.some(({ seq, endpoint }) => endpoint === 'import' && !arrived.has(seq)),
    { timeoutMs: 60_000, what: 'the import to arrive' },
  );
  const holder = holderOf(body['uuid']);
  holder('SIGSTOP');

  await client.manage('PUT', '/rest-apis/Frozen', plainApi('Frozen'));
  await synced(client, 'Frozen', 2);
  // the first import was only slow: it lands over the second, and nobody alive knows
  await waitFor(async () => (await inApim('Frozen')).properties['tidegate_generation'] === '1', {
    timeoutMs: 60_000,
    what: 'the late import to land',
  });
  holder('SIGCONT');
  await waitFor(async () => (await inApim('Frozen')).properties['tidegate_generation'] === '2', {
    timeoutMs: 60_000,
    what: 'the last generation to be back',
  });
  await synced(client, 'Frozen', 2);
  expect((await inApim('Frozen')).revisionsMade).toBe(3);
});

/** Sends signals to the worker that pushes this API. */
function holderOf(apiId: string): (signal: NodeJS.Signals) => void {
  const isSecond = second.logs().includes(apiId);
  expect(isSecond || readFileSync(stack.files.log('apim-sync'), 'utf8').includes(apiId)).toBe(true);
  return isSecond ? (signal) => process.kill(second.pid, signal) : (signal) => stack.process('apim-sync').signal(signal);
}

async function inApim(name: string): Promise<ApimState['apis'][number]> {
  const found = (await client.apim()).apis.filter((api) => api.name === name);
  expect(found).toHaveLength(1);
  return found[0] as ApimState['apis'][number];
}

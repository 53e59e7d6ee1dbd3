import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@tidegate/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from './remove-stack.ts';
import { type ApimState, plainApi, stackClient, type StackClient } from './stack-client.ts';

/** kill −9 of apim-sync around its import: one API in APIM, at most one extra revision, and it looks before it imports again. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-killed-sync-'));
let stack: Stack;
let client: StackClient;

beforeAll(async () => {
  // a short lease, so that the work of a dead worker is free again soon; still three times the HTTP deadline
  const extraConfig = { apim_sync: { lease: '3s' }, controller: { controlplane: { http_timeout: '1s' } } };
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', extraConfig });
  client = stackClient(stack);
});

afterEach(() => client.clearRules());

afterAll(() => removeStack(stack, folder));

it('killed after the import took effect and before it could report: the mark in APIM is found, nothing is imported twice', async () => {
  await client.inject({ endpoint: 'import', fault: { kind: 'commit-then-hang' }, times: 1 });
  await client.manage('POST', '/rest-apis', plainApi('KilledAfter'));
  await waitFor(async () => copies(await client.apim(), 'KilledAfter').length === 1, {
    timeoutMs: 60_000,
    what: 'the import to take effect',
  });
  const before = await lastSeq();
  await stack.process('apim-sync').kill('SIGKILL');

  const api = await syncedOnce('KilledAfter', 1);
  expect(api.revisionsMade).toBeLessThanOrEqual(2);
  expect(await publisherCallsAfter(before)).toEqual(expect.arrayContaining(['apis']));
  expect((await publisherCallsAfter(before))[0]).toBe('apis');
});

it('killed when the import was sent and APIM had not begun with it: it looks, finds nothing, and imports', async () => {
  const before = await lastSeq();
  await client.inject({ endpoint: 'import', fault: { kind: 'hang' }, times: 1 });
  await client.manage('POST', '/rest-apis', plainApi('KilledBefore'));
  await waitFor(async () => (await publisherCallsAfter(before)).includes('import'), {
    timeoutMs: 60_000,
    what: 'the import to arrive',
  });
  const killedAt = await lastSeq();
  await stack.process('apim-sync').kill('SIGKILL');

  expect((await syncedOnce('KilledBefore', 1)).revisionsMade).toBe(1);
  expect((await publisherCallsAfter(killedAt))[0]).toBe('apis');
});

it('killed in the middle of an update: the same API, at its last generation', async () => {
  await client.manage('POST', '/rest-apis', plainApi('KilledUpdate'));
  const { id } = await syncedOnce('KilledUpdate', 1);
  await client.inject({ endpoint: 'import', fault: { kind: 'commit-then-hang' }, times: 1 });
  const before = await lastSeq();
  await client.manage('PUT', '/rest-apis/KilledUpdate', plainApi('KilledUpdate', { context: '/moved' }));
  await waitFor(async () => (await publisherCallsAfter(before)).includes('import'), {
    timeoutMs: 60_000,
    what: 'the import to arrive',
  });
  await stack.process('apim-sync').kill('SIGKILL');

  const api = await syncedOnce('KilledUpdate', 2);
  expect(api.id).toBe(id);
  expect(api.revisionsMade).toBeLessThanOrEqual(3);
});

it.each([
  ['before it looked', 'apis', 'hang'],
  ['before it had a token', 'token', 'hang'],
] as const)('killed %s: the next one begins anew', async (_, endpoint, kind) => {
  const name = `Killed-${endpoint}`;
  if (endpoint === 'token') await client.control('POST', '/tokens/expire');
  await client.inject({ endpoint: endpoint === 'token' ? 'token' : 'apis', fault: { kind }, times: 1 });
  const before = await lastSeq();
  await client.manage('POST', '/rest-apis', plainApi(name));
  await waitFor(async () => (await client.apim()).exchanges.some((one) => one.seq > before && one.endpoint === endpoint), {
    timeoutMs: 60_000,
    what: `the ${endpoint} call to arrive`,
  });
  await stack.process('apim-sync').kill('SIGKILL');
  expect((await syncedOnce(name, 1)).revisionsMade).toBe(1);
});

it('killed while it undeploys: undeployed once it is back, and redeployed as the same API', async () => {
  await client.manage('POST', '/rest-apis', plainApi('KilledUndeploy'));
  const { id } = await syncedOnce('KilledUndeploy', 1);
  await client.inject({ endpoint: 'undeploy', fault: { kind: 'commit-then-hang' }, times: 1 });
  const before = await lastSeq();
  await client.manage('PUT', '/rest-apis/KilledUndeploy', plainApi('KilledUndeploy', { desiredState: 'undeployed' }));
  await waitFor(async () => (await publisherCallsAfter(before)).includes('undeploy'), {
    timeoutMs: 60_000,
    what: 'the undeploy',
  });
  await stack.process('apim-sync').kill('SIGKILL');
  await waitFor(async () => (await client.manage('GET', '/rest-apis/KilledUndeploy')).body.cpSyncStatus === 'success', {
    timeoutMs: 60_000,
    what: 'the undeploy to be known',
  });
  await client.manage('PUT', '/rest-apis/KilledUndeploy', plainApi('KilledUndeploy'));
  expect((await syncedOnce('KilledUndeploy', 3)).id).toBe(id);
});

it.each([
  ['with the doorbell still owed', 0],
  ['while the push is on its way', 1],
] as const)('the controller killed %s: pushed once, and the report finds it when it is back', async (_, wait) => {
  const name = `ControllerKilled${wait}`;
  const before = await lastSeq();
  if (wait === 1) await client.inject({ endpoint: 'import', fault: { kind: 'delay', ms: 700 }, times: 1 });
  await client.manage('POST', '/rest-apis', plainApi(name));
  if (wait === 1)
    await waitFor(async () => (await publisherCallsAfter(before)).includes('import'), { timeoutMs: 60_000, what: 'the import' });
  await stack.process('gateway-controller').kill('SIGKILL');
  expect((await syncedOnce(name, 1)).revisionsMade).toBeLessThanOrEqual(2);
});

/** Waits for `success` at that generation; the one copy in APIM, which the controller knows by the same id. */
async function syncedOnce(name: string, generation: number): Promise<ApimState['apis'][number]> {
  const synced = await waitFor(
    async () => {
      const { body } = await client.manage('GET', `/rest-apis/${name}`);
      return body.cpSyncStatus === 'success' && body.cpSyncInfo.generation === generation ? body : null;
    },
    { timeoutMs: 60_000, what: `${name} to be synced` },
  );
  const found = copies(await client.apim(), name);
  expect(found).toHaveLength(1);
  const [api] = found as [ApimState['apis'][number]];
  expect(synced.cpSyncInfo).toMatchObject({ id: api.id, generation });
  expect(api.properties).toMatchObject({ tidegate_id: synced.uuid, tidegate_generation: String(generation) });
  return api;
}

function copies(state: ApimState, name: string): ApimState['apis'] {
  return state.apis.filter((api) => api.name === name);
}

async function lastSeq(): Promise<number> {
  return (await client.apim()).exchanges.at(-1)?.seq ?? 0;
}

/**
 * Which endpoints of the publisher were asked since then, in order. Token and discovery calls are left out, and so are later looks at
 * what an earlier test left in doubt.
 */
async function publisherCallsAfter(seq: number): Promise<readonly string[]> {
  const { exchanges: all, apis } = await client.apim();
  const settled = apis.filter(({ name }) => name === 'KilledAfter').map(({ id }) => `/apis/${id}`);
  const exchanges = all.filter(({ path }) => !settled.some((theirs) => path.includes(theirs)));
  const publisher = new Set(['apis', 'api', 'import', 'undeploy', 'revisions', 'swagger']);
  return exchanges.filter((one) => one.seq > seq && publisher.has(one.endpoint)).map(({ endpoint }) => endpoint);
}

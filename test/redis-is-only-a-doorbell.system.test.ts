import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CHANGES_STREAM, encodeDoorbell } from '@tidegate/gateway-events';
import { waitFor } from '@tidegate/testkit';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';

import { emptyDataDir } from '../tools/dev/data-dir.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { plainApi, stackClient, type StackClient, synced } from './stack-client.ts';

/** Losing Redis costs latency, never correctness: absent from the start, or killed, emptied and restarted in mid-run. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-doorbell-'));
const stacks: Stack[] = [];

afterAll(async () => {
  for (const stack of stacks) {
    await stack.stop();
    emptyDataDir(stack.files.dataDir);
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('without any Redis', () => {
  it('an API is created, updated, undeployed and deleted in APIM by the sweep alone', async () => {
    const client = await start({ redis: false });
    await client.manage('POST', '/rest-apis', plainApi('Swept'));
    await allSynced(client, ['Swept'], 1);
    await client.manage('PUT', '/rest-apis/Swept', plainApi('Swept', { context: '/swept-again' }));
    await allSynced(client, ['Swept'], 2);
    await client.manage('PUT', '/rest-apis/Swept', plainApi('Swept', { desiredState: 'undeployed' }));
    await allSynced(client, ['Swept'], 3);
    expect(deployments(await client.apim(), 'Swept')).toBe(0);

    await client.manage('PUT', '/rest-apis/Swept', plainApi('Swept'));
    await allSynced(client, ['Swept'], 4);
    const before = await client.apim();
    expect(deployments(before, 'Swept')).toBe(1);
    expect((await client.manage('DELETE', '/rest-apis/Swept')).status).toBe(200);
    expect((await client.manage('GET', '/rest-apis/Swept')).status).toBe(404);
    await waitFor(async () => deployments(await client.apim(), 'Swept') === 0, { timeoutMs: 60_000, what: 'its undeployment' });

    // its name is free again, and what it left in APIM is no stranger's
    expect((await client.manage('POST', '/rest-apis', plainApi('Swept'))).status).toBe(201);
    await allSynced(client, ['Swept'], 1);
    const after = await client.apim();
    expect(after.apis.map(({ id, name }) => ({ id, name }))).toEqual(before.apis.map(({ id, name }) => ({ id, name })));
    expect(deployments(after, 'Swept')).toBe(1);
  });
});

describe('with Redis killed, emptied and restarted', () => {
  it('every API reaches APIM once, at its last generation', async () => {
    const client = await start({ redis: true });
    const stack = stacks.at(-1) as Stack;
    const names = Array.from({ length: 12 }, (_, index) => `Rung${index}`);
    for (const [index, name] of names.entries()) {
      if (index === 3) await stack.process('redis').kill('SIGKILL', true);
      if (index === 9) await stack.process('redis').start();
      expect((await client.manage('POST', '/rest-apis', plainApi(name))).status).toBe(201);
    }
    await allSynced(client, names, 1);
    const updates = names.map((name) => client.manage('PUT', `/rest-apis/${name}`, plainApi(name)));
    await emptied(stack.urls.redis);
    await Promise.all(updates);
    await rungAgain(
      stack.urls.redis,
      await Promise.all(names.map(async (name) => (await client.manage('GET', `/rest-apis/${name}`)).body.uuid)),
    );
    await allSynced(client, names, 2);
    const { apis } = await client.apim();
    expect(apis.map((api) => api.name).sort()).toEqual([...names].sort());
    for (const { revisionsMade } of apis) expect(revisionsMade).toBe(2);
  });
});

async function start(options: { redis: boolean }): Promise<StackClient> {
  const stack = await startStack({ dataDir: join(folder, `data-${stacks.length}`), ports: 'free', ...options });
  stacks.push(stack);
  expect(stack.urls.redis !== '').toBe(options.redis);
  return stackClient(stack);
}

async function allSynced(client: StackClient, names: readonly string[], generation: number): Promise<void> {
  for (const name of names) await synced(client, name, generation);
}

/** FLUSHALL: the stream and its consumer group are gone too. */
async function emptied(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}

/** Doorbells of the past, backwards, three times each, and some that are none. */
async function rungAgain(url: string, apiIds: readonly string[]): Promise<void> {
  const redis = new Redis(url);
  for (const apiId of apiIds.toReversed())
    for (const generation of [2, 1, 7]) await redis.xadd(CHANGES_STREAM, '*', ...encodeDoorbell({ apiId, generation }));
  await redis.xadd(CHANGES_STREAM, '*', 'nonsense', '\u0000');
  await redis.xadd(CHANGES_STREAM, '*', 'apiId', 'not-a-uuid', 'generation', '-1');
  redis.disconnect();
}

function deployments(state: Awaited<ReturnType<StackClient['apim']>>, name: string): number {
  const api = state.apis.find((one) => one.name === name);
  return (api?.revisions ?? []).reduce((sum, revision) => sum + revision.deployments.length, 0);
}

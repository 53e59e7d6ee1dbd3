import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@tidegate/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from './remove-stack.ts';
import { type ApimState, plainApi, stackClient, type StackClient } from './stack-client.ts';

/** APIM away, unwilling or already taken: the status names what it is, and nothing but a conflict needs anybody to mend it here. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-says-why-'));
let stack: Stack;
let client: StackClient;

beforeAll(async () => {
  const controlplane = { retry_initial: '500ms', reconnect_max: '2s', http_timeout: '5s' };
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', extraConfig: { controller: { controlplane } } });
  client = stackClient(stack);
});

afterEach(() => client.clearRules());

afterAll(() => removeStack(stack, folder));

it('credentials that are refused: everything waits, and goes on by itself when they are right', async () => {
  await client.inject({ endpoint: 'token', fault: { kind: 'status', status: 401 } });
  await client.control('POST', '/tokens/expire');
  for (const name of ['Refused', 'RefusedToo']) await client.manage('POST', '/rest-apis', plainApi(name));
  for (const name of ['Refused', 'RefusedToo']) {
    await status(name, 'pending', { phase: 'blocked', reason: 'credentials', attempts: 0 });
    expect((await client.call(`/${name.toLowerCase()}`)).status).toBe(200);
  }
  await client.clearRules();
  await status('Refused', 'success', { generation: 1 });
  await status('RefusedToo', 'success', { generation: 1 });
});

it('a missing scope is named, also after the API that met it was edited or deleted, and goes on by itself when it is there', async () => {
  await client.manage('POST', '/rest-apis', plainApi('Scoped'));
  await status('Scoped', 'success', {});
  await client.control('POST', '/behaviour', { undeploy_needs_publish_scope: true });
  await client.manage('PUT', '/rest-apis/Scoped', plainApi('Scoped', { desiredState: 'undeployed' }));
  const blocked = { phase: 'blocked', reason: 'scope_missing', message: expect.stringContaining('apim:api_publish') as unknown };
  await status('Scoped', 'pending', blocked);
  await client.manage('PUT', '/rest-apis/Scoped', plainApi('Scoped', { desiredState: 'undeployed', context: '/edited' }));
  await status('Scoped', 'pending', blocked);
  expect((await client.manage('DELETE', '/rest-apis/Scoped')).status).toBe(200);
  await client.control('POST', '/behaviour', { undeploy_needs_publish_scope: false });
  await client.manage('POST', '/rest-apis', plainApi('AfterScoped'));
  await status('AfterScoped', 'success', { generation: 1 });
  await waitFor(async () => deployed(await inApim('Scoped')).length === 0, { timeoutMs: 60_000, what: 'the late undeployment' });
});

it("APIM's five revisions: more updates than that, and the last one is the one that is deployed", async () => {
  await client.manage('POST', '/rest-apis', plainApi('Revised'));
  for (let generation = 1; generation <= 8; generation++) {
    await status('Revised', 'success', { generation });
    if (generation < 8) await client.manage('PUT', '/rest-apis/Revised', plainApi('Revised'));
  }
  const api = await inApim('Revised');
  expect(api).toMatchObject({ revisionsMade: 8, properties: { tidegate_generation: '8' } });
  expect(api.revisions).toHaveLength(5);
  expect(deployed(api)).toEqual([8]);
});

it("a stranger's API of that name and version is never overwritten, and taken over when asked to", async () => {
  await client.control('POST', '/apis', { name: 'Taken', version: 'v1.0', context: '/taken' });
  await client.manage('POST', '/rest-apis', plainApi('Taken'));
  const conflict = { phase: 'parked', reason: 'not_ours', message: expect.stringContaining('never overwritten') as unknown };
  await status('Taken', 'failed', conflict);
  await client.manage('POST', '/rest-apis/Taken/sync', {});
  await status('Taken', 'failed', conflict);
  expect(await inApim('Taken')).toMatchObject({ revisionsMade: 0, properties: {} });

  const { id } = await inApim('Taken');
  expect((await client.manage('POST', '/rest-apis/Taken/sync', { adopt: true })).status).toBe(202);
  await status('Taken', 'success', { id, generation: 1 });
  expect(await inApim('Taken')).toMatchObject({ id, revisionsMade: 1, properties: { tidegate_generation: '1' } });
});

it('undeployed or deleted while APIM is away: gone from the gateway at once, from APIM when it is back', async () => {
  for (const name of ['Away', 'Gone']) await client.manage('POST', '/rest-apis?wait=programmed', plainApi(name));
  for (const name of ['Away', 'Gone']) await status(name, 'success', {});
  await stack.process('apim-simulator').kill('SIGKILL', true);
  await client.manage('PUT', '/rest-apis/Away?wait=programmed', plainApi('Away', { desiredState: 'undeployed' }));
  expect((await client.manage('DELETE', '/rest-apis/Gone?wait=programmed')).status).toBe(200);
  for (const path of ['/away', '/gone']) expect((await client.call(path)).status).toBe(404);
  expect((await client.manage('GET', '/rest-apis/Gone')).status).toBe(404);
  await status('Away', 'pending', { reason: 'unreachable', attempts: 0 });

  await stack.process('apim-simulator').start();
  await status('Away', 'success', { generation: 2 });
  for (const name of ['Away', 'Gone'])
    await waitFor(async () => deployed(await inApim(name)).length === 0, { timeoutMs: 60_000, what: `${name} to be undeployed` });
});

it('an event nobody knows does not end the connection; a refused registration token is said, and pushes go on', async () => {
  const session = async (): Promise<string | undefined> => {
    const { sessions } = JSON.parse(await client.control('GET', '/state')) as { sessions: { connectionId: string }[] };
    return sessions[0]?.connectionId;
  };
  const connected = await waitFor(session, { timeoutMs: 60_000, what: 'the connection' });
  await client.control('POST', '/events', { type: 'weather.changed', payload: { colour: 'grey' } });
  await client.manage('POST', '/rest-apis', plainApi('Evented'));
  await status('Evented', 'success', {});
  expect(await session()).toBe(connected);

  await stack.process('apim-sync').restart({ APIP_GW_CONTROLLER__CONTROLPLANE__TOKEN: 'not-the-one' });
  const log = () => readFileSync(stack.files.log('apim-sync'), 'utf8');
  await waitFor(() => /"code":4401.*controller\.controlplane\.token/.test(log()), {
    timeoutMs: 60_000,
    what: 'the refusal in the log',
  });
  await client.manage('PUT', '/rest-apis/Evented', plainApi('Evented'));
  await status('Evented', 'success', { generation: 2 });
});

/** Waits until the API says so. */
async function status(name: string, cpSyncStatus: string, cpSyncInfo: Record<string, unknown>): Promise<void> {
  let last: unknown;
  const isSo = async (): Promise<boolean> => {
    const { body } = await client.manage('GET', `/rest-apis/${name}`);
    last = { cpSyncStatus: body['cpSyncStatus'], cpSyncInfo: body['cpSyncInfo'] };
    try {
      expect(last).toMatchObject({ cpSyncStatus, cpSyncInfo });
      return true;
    } catch {
      return false;
    }
  };
  // running out of time is reported by the comparison, which shows the difference
  await waitFor(isSo, { timeoutMs: 60_000, what: name }).catch(() => undefined);
  expect(last).toMatchObject({ cpSyncStatus, cpSyncInfo });
}

async function inApim(name: string): Promise<ApimState['apis'][number]> {
  const found = (await client.apim()).apis.filter((api) => api.name === name);
  expect(found).toHaveLength(1);
  return found[0] as ApimState['apis'][number];
}

/** Numbers of its revisions that are deployed. */
function deployed(api: ApimState['apis'][number]): number[] {
  return api.revisions.filter(({ deployments }) => deployments.length > 0).map(({ number }) => number);
}

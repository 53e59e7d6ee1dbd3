import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@tidegate/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** Top-down through whole processes: APIM says deploy, the router serves it, APIM hears that it does. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-top-down-'));
let stack: Stack;
let client: StackClient;

beforeAll(async () => {
  const controlplane = { retry_initial: '200ms', reconnect_max: '1s', http_timeout: '5s' };
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', extraConfig: { controller: { controlplane } } });
  client = stackClient(stack);
  await connected();
});

afterEach(() => client.clearRules());

afterAll(() => removeStack(stack, folder));

it('an API that is deployed in APIM is served, acknowledged, undeployed and deleted', async () => {
  const id = await planted('FromAbove');
  const { deploymentId, performedAt } = await act({ deploy: id });
  await served('/fromabove', 200);
  expect(await acked(deploymentId)).toMatchObject({ artifactId: id, action: 'deploy', status: 'success', performedAt });
  const { body } = await client.manage('GET', `/rest-apis/${id}`);
  expect(body).toMatchObject({ uuid: id, origin: 'control_plane', cpSyncStatus: null });

  await act({ undeploy: id });
  await served('/fromabove', 404);
  await waitFor(async () => (await acks(deploymentId)).some(({ action }) => action === 'undeploy'), {
    timeoutMs: 60_000,
    what: 'the ack of the undeploy',
  });
  await act({ delete: id });
  await waitFor(async () => (await client.manage('GET', `/rest-apis/${id}`)).status === 404, {
    timeoutMs: 60_000,
    what: 'the API to go',
  });
});

it('a key that APIM gives out opens the door until APIM revokes it', async () => {
  const id = await planted('KeyedAbove', {
    policies: [{ policyName: 'api-key-auth', parameters: { key: 'X-API-Key', in: 'header' } }],
  });
  await act({ deploy: id });
  await served('/keyedabove', 401);
  const sha256 = createHash('sha256').update('portal-secret').digest('hex');
  const payload = { apiId: id, name: 'portal-key', apiKeyHashes: JSON.stringify({ sha256 }), maskedApiKey: '****cret' };
  await client.control('POST', '/events', { type: 'apikey.created', payload });
  await served('/keyedabove', 200, { 'x-api-key': 'portal-secret' });
  await client.control('POST', '/events', { type: 'apikey.revoked', payload: { apiId: id, keyName: 'portal-key' } });
  await served('/keyedabove', 401, { 'x-api-key': 'portal-secret' });
});

it('garbage, unknown events and an artifact that is none are survived; a fetch that fails is tried again', async () => {
  for (const raw of ['{', 'null', '[]', '{"type":"api.deployed"}', '{"type":"x","payload":{"apiId":"a"}}', '\u0000'])
    await client.control('POST', '/events', { raw });
  await client.control('POST', '/events', { type: 'api.deployed', payload: { apiId: 42 } });
  await client.inject({ endpoint: 'internal', fault: { kind: 'garbage' }, times: 1 });
  const broken = await planted('Broken');
  const failed = await act({ deploy: broken });
  expect(await acked(failed.deploymentId)).toMatchObject({ status: 'failed', errorCode: 'GATEWAY_PROCESSING_ERROR' });
  await client.inject({ endpoint: 'internal', fault: { kind: 'status', status: 502 }, times: 2 });
  const id = await planted('Patient');
  const { deploymentId } = await act({ deploy: id });
  expect(await acked(deploymentId)).toMatchObject({ status: 'success' });
  await served('/patient', 200);
});

it('what was deployed while nobody listened is found when somebody does', async () => {
  await stack.process('apim-sync').stop();
  const id = await planted('Missed');
  await act({ deploy: id });
  await client.control('POST', '/events/forget');
  await stack.process('apim-sync').start();
  await served('/missed', 200);
});

it('keys that were given out or revoked while nobody listened are found too, and those made here stay', async () => {
  const policies = [{ policyName: 'api-key-auth', parameters: { key: 'X-API-Key', in: 'header' } }];
  const id = await planted('KeyedAlone', { policies });
  await act({ deploy: id });
  await served('/keyedalone', 401);
  const key = (name: string, value: string | null, tell: boolean): Promise<string> =>
    client.control('POST', '/api-keys', { api: id, name, key: value, tell });
  await key('stays', 'value-stays', true);
  await key('goes', 'value-goes', true);
  await served('/keyedalone', 200, { 'x-api-key': 'value-stays' });
  await served('/keyedalone', 200, { 'x-api-key': 'value-goes' });
  await key('goes', null, false);
  await key('comes', 'value-comes', false);
  await client.control('POST', '/sessions/drop', { code: 1001 });
  await served('/keyedalone', 200, { 'x-api-key': 'value-comes' });
  await served('/keyedalone', 401, { 'x-api-key': 'value-goes' });
  await served('/keyedalone', 200, { 'x-api-key': 'value-stays' });
});

it('a control plane that suddenly lists nothing takes nothing away until somebody confirms it', async () => {
  const [one, two] = [await planted('KeptOne'), await planted('KeptTwo')];
  for (const id of [one, two]) await act({ deploy: id });
  for (const path of ['/keptone', '/kepttwo']) await served(path, 200);
  const emptyListing = {
    endpoint: 'internal',
    containing: '/deployments',
    fault: { kind: 'status', status: 200, body: '{"deployments":[]}' },
  };
  await client.inject(emptyListing);
  await client.control('POST', '/sessions/drop', { code: 1001 });
  const held = () =>
    client.manage('GET', '/sync').then(({ body }) => (body as unknown as { heldRemovals: { deployments: number } }).heldRemovals);
  await waitFor(async () => (await held()).deployments >= 2, { timeoutMs: 60_000, what: 'the removals to be held' });
  for (const path of ['/keptone', '/kepttwo']) expect((await client.call(path)).status).toBe(200);
  expect((await client.manage('POST', '/sync/confirm-removals')).status).toBe(200);
  for (const path of ['/keptone', '/kepttwo']) await served(path, 404);
  expect((await held()).deployments).toBe(0);
});

it('events that come again, and backwards, change nothing and are acknowledged again', async () => {
  const id = await planted('Replayed');
  const { deploymentId } = await act({ deploy: id });
  await served('/replayed', 200);
  await acked(deploymentId);
  const before = (await acks(deploymentId)).length;
  await client.control('POST', '/events/replay', { last: 20, backwards: true });
  await waitFor(async () => (await acks(deploymentId)).length > before, { timeoutMs: 60_000, what: 'the ack again' });
  expect((await acks(deploymentId)).every(({ status }) => status === 'success')).toBe(true);
  expect((await client.call('/replayed')).status).toBe(200);
  expect((await client.manage('GET', `/rest-apis/${id}`)).body).toMatchObject({ generation: 1 });
});

it('an API made here stays ours when APIM echoes it', async () => {
  await client.control('POST', '/behaviour', { echo_deploy_on_import: true });
  await client.manage('POST', '/rest-apis', plainApi('EchoedApi'));
  const mine = await waitFor(
    async () => {
      const { body } = await client.manage('GET', '/rest-apis/EchoedApi');
      return body.cpSyncStatus === 'success' ? body : null;
    },
    { timeoutMs: 60_000, what: 'the push' },
  );
  const remoteId = String(mine.cpSyncInfo.id);
  await waitFor(async () => (await allAcks()).some(({ artifactId, status }) => artifactId === remoteId && status === 'success'), {
    timeoutMs: 60_000,
    what: 'the ack of the echo',
  });
  expect((await client.manage('GET', '/rest-apis/EchoedApi')).body).toMatchObject({ origin: 'gateway_api', generation: 1 });
});

async function connected(): Promise<void> {
  await waitFor(async () => state(await client.control('GET', '/state')).sessions.length === 1, {
    timeoutMs: 60_000,
    what: 'the WebSocket',
  });
}

async function planted(name: string, more: Record<string, unknown> = {}): Promise<string> {
  const api = { name, version: 'v1.0', context: `/${name.toLowerCase()}`, url: 'https://petstore.example.com' };
  const operations = [{ verb: 'GET', target: '/' }];
  return (JSON.parse(await client.control('POST', '/apis', { ...api, operations, ...more })) as { id: string }).id;
}

async function act(move: Record<string, string>): Promise<{ readonly deploymentId: string; readonly performedAt: string }> {
  const { payload } = JSON.parse(await client.control('POST', '/events', move)) as {
    payload: { deploymentId: string; performedAt: string };
  };
  return payload;
}

async function served(path: string, status: number, headers: Record<string, string> = {}): Promise<void> {
  await waitFor(async () => (await client.call(path, headers)).status === status, {
    timeoutMs: 60_000,
    what: `${path} to answer ${status}`,
  });
}

interface Ack {
  readonly deploymentId: string;
  readonly artifactId: string;
  readonly action: string;
  readonly status: string;
}

function state(text: string): { readonly sessions: unknown[]; readonly acks: readonly { readonly payload: Ack }[] } {
  return JSON.parse(text) as ReturnType<typeof state>;
}

async function allAcks(): Promise<readonly Ack[]> {
  return state(await client.control('GET', '/state')).acks.map(({ payload }) => payload);
}

async function acks(deploymentId: string): Promise<readonly Ack[]> {
  return (await allAcks()).filter((ack) => ack.deploymentId === deploymentId);
}

function acked(deploymentId: string): Promise<Ack> {
  return waitFor(async () => (await acks(deploymentId))[0], { timeoutMs: 60_000, what: `the ack of ${deploymentId}` });
}

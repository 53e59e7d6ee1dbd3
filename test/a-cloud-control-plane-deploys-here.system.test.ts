import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** Cloud mode through whole processes: it is told what this gateway can do, what it deploys is served with its secrets, nothing goes up. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-cloud-'));
let stack: Stack;
let client: StackClient;

beforeAll(async () => {
  const controlplane = { mode: 'cloud', retry_initial: '200ms', reconnect_max: '1s' };
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', extraConfig: { controller: { controlplane } } });
  client = stackClient(stack);
  await waitFor(async () => (await state()).sessions.length === 1, { timeoutMs: 60_000, what: 'the WebSocket' });
});

afterAll(() => removeStack(stack, folder));

it('gets the manifest at every connection, also when it refuses it at first', async () => {
  await waitFor(async () => (await state()).manifests.length > 0, { timeoutMs: 60_000, what: 'the manifest' });
  const [manifest] = (await state()).manifests;
  expect(manifest).toMatchObject({
    functionalityType: 'regular',
    policies: expect.arrayContaining([expect.objectContaining({ name: 'api-key-auth' })]) as unknown,
  });
  await client.inject({ endpoint: 'internal', containing: '/manifest', fault: { kind: 'status', status: 503 }, times: 1 });
  await client.control('POST', '/sessions/drop', { code: 1001 });
  await waitFor(async () => (await state()).manifests.length > 1, { timeoutMs: 60_000, what: 'the second manifest' });
});

it('resolves the secrets that an artifact names, and keeps their values to itself', async () => {
  await client.control('POST', '/secrets', { handle: 'backend-header', value: 'hush-hush' });
  const policies = [
    {
      policyName: 'set-headers',
      parameters: { request: { headers: [{ name: 'X-Secret', value: '{{ secret "backend-header" }}' }] } },
    },
  ];
  const id = await planted('WithSecret', policies);
  await client.control('POST', '/events', { deploy: id });
  await waitFor(async () => (await client.call('/withsecret')).status === 200, { timeoutMs: 60_000, what: 'the API' });
  const { body } = await client.manage('GET', '/secrets/backend-header');
  expect(JSON.stringify(body)).not.toContain('hush-hush');
  expect(JSON.stringify((await client.manage('GET', `/rest-apis/${id}`)).body)).not.toContain('hush-hush');
});

it('a secret that nobody has is named in the ack', async () => {
  const policies = [
    { policyName: 'set-headers', parameters: { request: { headers: [{ name: 'X-Secret', value: '{{ secret "nowhere" }}' }] } } },
  ];
  const id = await planted('WithoutSecret', policies);
  await client.control('POST', '/events', { deploy: id });
  const ack = await waitFor(async () => (await state()).acks.find(({ payload }) => payload.artifactId === id), {
    timeoutMs: 60_000,
    what: 'the ack',
  });
  expect(ack.payload).toMatchObject({ status: 'failed', errorMessage: expect.stringContaining('nowhere') as string });
});

it('nothing is pushed there, and the status says why', async () => {
  await client.manage('POST', '/rest-apis', plainApi('StaysHere'));
  const { body } = await client.manage('GET', '/rest-apis/StaysHere');
  expect(body).toMatchObject({ cpSyncStatus: 'pending', cpSyncInfo: { reason: 'cloud_not_supported' } });
  expect((await client.apim()).exchanges.some(({ endpoint }) => endpoint === 'import')).toBe(false);
});

async function planted(name: string, policies: readonly object[]): Promise<string> {
  const api = { name, version: 'v1.0', context: `/${name.toLowerCase()}`, url: 'https://petstore.example.com', policies };
  const operations = [{ verb: 'GET', target: '/' }];
  return (JSON.parse(await client.control('POST', '/apis', { ...api, operations })) as { id: string }).id;
}

async function state() {
  return JSON.parse(await client.control('GET', '/state')) as {
    readonly sessions: readonly unknown[];
    readonly manifests: readonly unknown[];
    readonly acks: readonly { readonly payload: { readonly artifactId: string; readonly status: string } }[];
  };
}

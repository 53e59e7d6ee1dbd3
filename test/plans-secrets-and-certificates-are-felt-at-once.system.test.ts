import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type EchoUpstream, echoUpstream, waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** What an admin says of subscriptions, secrets and authorities is what the next request meets, in a process of its own. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-resources-'));
let stack: Stack;
let client: StackClient;
let plain: EchoUpstream;
let encrypted: EchoUpstream;

beforeAll(async () => {
  [stack, plain, encrypted] = await Promise.all([
    startStack({ dataDir: join(folder, 'data'), ports: 'free', simulator: false, redis: false }),
    echoUpstream(),
    echoUpstream({ tls: true }),
  ]);
  client = stackClient(stack);
});

afterAll(async () => {
  await Promise.all([plain.close(), encrypted.close()]);
  await removeStack(stack, folder);
});

const WAIT = '?wait=programmed';
const deploy = (name: string, spec: object) => client.manage('POST', `/rest-apis${WAIT}`, plainApi(name, { ...spec }));

it('subscriptions: none, one, its quota, its pause, its end', async () => {
  await deploy('Subscribed', {
    upstream: { main: { url: plain.url } },
    subscriptionPlans: ['Business'],
    policies: [{ name: 'subscription-validation', version: 'v1', params: {} }],
  });
  const ask = async (token?: string) =>
    (await client.call('/subscribed', token === undefined ? {} : { 'subscription-key': token })).status;
  expect(await ask()).toBe(403);
  const plan = { planName: 'Business', throttleLimitCount: 3, throttleLimitUnit: 'Hour', stopOnQuotaReach: true };
  const { body: business } = await client.manage('POST', '/subscription-plans', plan);
  const subscription = { apiId: 'Subscribed', subscriptionPlanId: idOf(business), subscriptionToken: 'token-of-the-first' };
  const { body: first } = await client.manage('POST', `/subscriptions${WAIT}`, subscription);
  expect([await ask('token-of-another'), await ask(subscription.subscriptionToken)]).toEqual([403, 200]);
  expect(plain.requests.at(-1)?.headers).not.toHaveProperty('subscription-key');

  const path = `/subscriptions/${idOf(first)}`;
  await client.manage('PUT', `${path}${WAIT}`, { status: 'INACTIVE' });
  expect(await ask(subscription.subscriptionToken)).toBe(403);
  await client.manage('PUT', `${path}${WAIT}`, { status: 'ACTIVE' });
  // The pause gives nothing back: the first of three is spent.
  const more = [];
  for (let request = 0; request < 3; request++) more.push(await ask(subscription.subscriptionToken));
  expect(more).toEqual([200, 200, 429]);

  await client.manage('PUT', `/subscription-plans/${idOf(business)}${WAIT}`, { status: 'INACTIVE' });
  expect(await ask(subscription.subscriptionToken)).toBe(403);
  await client.manage('DELETE', `${path}${WAIT}`);
  expect((await client.manage('DELETE', `/subscription-plans/${idOf(business)}`)).status).toBe(204);
});

it('secrets: what reaches the upstream is the value of now, and a restarted router has it too', async () => {
  const secret = (value: string) => ({ kind: 'Secret', metadata: { name: 'token' }, spec: { displayName: 'Token', value } });
  expect((await client.manage('POST', '/secrets', secret('first-value'))).status).toBe(201);
  await deploy('Authorised', {
    upstream: { main: { url: plain.url } },
    policies: [
      {
        name: 'set-headers',
        params: { request: { headers: [{ name: 'Authorization', value: 'Bearer {{ secret "token" }}' }] } },
      },
    ],
  });
  const seen = async () => {
    expect((await client.call('/authorised')).status).toBe(200);
    return plain.requests.at(-1)?.headers.authorization;
  };
  expect(await seen()).toBe('Bearer first-value');
  await client.manage('PUT', `/secrets/token${WAIT}`, secret('second-value'));
  expect(await seen()).toBe('Bearer second-value');
  await stack.process('router-1').restart();
  await waitFor(async () => (await client.call('/authorised')).status === 200, {
    what: 'the restarted router',
    timeoutMs: 60_000,
  });
  expect(await seen()).toBe('Bearer second-value');
});

it('authorities: an upstream is trusted while its authority is, and no longer', async () => {
  await deploy('Encrypted', { upstream: { main: { url: `https://localhost:${encrypted.port}` } } });
  const answered = async () => (await client.call('/encrypted')).status;
  expect(await answered()).toBeGreaterThanOrEqual(500);
  const uploaded = await client.manage('POST', `/certificates${WAIT}`, { name: 'echo', certificate: encrypted.ca });
  expect(uploaded.status).toBe(201);
  await waitFor(async () => (await answered()) === 200, { what: 'trust', timeoutMs: 30_000 });
  await client.manage('DELETE', `/certificates/${idOf(uploaded.body)}${WAIT}`);
  await waitFor(async () => (await answered()) >= 500, { what: 'the end of trust', timeoutMs: 30_000 });
});

function idOf(body: unknown): string {
  return String((body as { id: unknown }).id);
}

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type AppProcess, freePort, startApp, waitFor } from '@tidegate/testkit';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ask } from '../tools/dev/ask.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** Two controllers on one database: what is written on one is served through the other, whose death in sleep nobody waits for. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-two-controllers-'));
let stack: Stack;
/** The router is connected to the first; the second is only spoken to */
let first: StackClient;
let second: AppProcess;
let manageSecond: StackClient['manage'];
let urlOfSecond: string;

beforeAll(async () => {
  const extraConfig = { controller: { discovery: { heartbeat: '500ms', lease: '2s' } } };
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', simulator: false, redis: false, extraConfig });
  first = stackClient(stack);
  const config = parse(readFileSync(join(folder, 'data/config/gateway-controller.toml'), 'utf8')) as SecondConfig;
  const port = await freePort();
  config.controller.server = { ...config.controller.server, port, grpc_port: await freePort() };
  config.controller.admin_server = { port: await freePort() };
  config.controller.metrics = { enabled: false };
  second = await startApp('gateway-controller', { config });
  await second.waitForLog(/Management API listening/);
  urlOfSecond = `http://localhost:${port}`;
  manageSecond = stackClient({ ...stack, urls: { ...stack.urls, controller: urlOfSecond } }).manage;
});

afterAll(async () => {
  await second?.kill();
  await removeStack(stack, folder);
});

type SecondConfig = Record<string, unknown> & { controller: Record<string, Record<string, unknown>> };

interface ShownNode {
  readonly live: boolean;
  readonly ackedVersion: number;
}

async function nodeAt(manage: StackClient['manage']): Promise<ShownNode> {
  const { body } = await manage('GET', '/gateways');
  const { gateways } = body as unknown as { gateways: readonly { nodes: readonly ShownNode[] }[] };
  return gateways[0]?.nodes[0] as ShownNode;
}

it('a write on the one is waited for on routers of the other', async () => {
  const keyed = plainApi('Shared', {
    policies: [{ name: 'api-key-auth', version: 'v1', params: { key: 'X-API-Key', in: 'header' } }],
  });
  const made = await manageSecond('POST', '/rest-apis?wait=programmed', keyed);
  expect(made).toMatchObject({
    status: 201,
    body: { propagation: { state: 'programmed', nodes: [{ id: expect.any(String) as string }] } },
  });
  expect((await first.call('/shared')).status).toBe(401);

  const { body } = await manageSecond('POST', '/rest-apis/Shared/api-keys?wait=programmed', { name: 'shared' });
  expect((await first.call('/shared', { 'x-api-key': body.key })).status).toBe(200);
  const revoked = await manageSecond('DELETE', '/rest-apis/Shared/api-keys/shared?wait=programmed');
  expect(revoked.body.propagation.state).toBe('programmed');
  expect((await first.call('/shared', { 'x-api-key': body.key })).status).toBe(401);
});

it('a session of the one is one of the other, whose event stream tells what the first one wrote', async () => {
  const { username, password } = stack.credentials;
  const signedIn = await fetch(`${stack.urls.controller}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  const cookie = signedIn.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  expect(signedIn.status).toBe(201);
  expect((await fetch(`${urlOfSecond}/session`, { headers: { cookie } })).status).toBe(200);

  const stop = new AbortController();
  const events = await fetch(`${urlOfSecond}/events`, { headers: { cookie }, signal: stop.signal });
  expect(events.headers.get('content-type')).toMatch(/^text\/event-stream/);
  let heard = '';
  const listening = (async () => {
    for await (const piece of events.body ?? []) heard += Buffer.from(piece).toString();
  })().catch(() => undefined);
  await first.manage('POST', '/rest-apis', plainApi('Told'));
  await waitFor(() => /event: rest-api\.created\n.*"Told"/.test(heard), { timeoutMs: 30_000, what: 'the event' });
  stop.abort();
  await listening;
});

it('of two POSTs that race for one route on both, one gets 409', async () => {
  for (let round = 0; round < 5; round++) {
    const racing = [first.manage, manageSecond].map((manage, index) =>
      manage('POST', '/rest-apis', plainApi(`Race${round}x${index}`, { context: `/race-${round}` })),
    );
    expect((await Promise.all(racing)).map(({ status }) => status).sort()).toEqual([201, 409]);
  }
});

it('a frozen controller holds nobody: the router serves on, its lease runs out, the other writes, and waking up catches up', async () => {
  await first.manage('POST', '/rest-apis?wait=programmed', plainApi('Steady'));
  const frozen = stack.process('gateway-controller');
  frozen.signal('SIGSTOP');
  try {
    await waitFor(async () => !(await nodeAt(manageSecond)).live, { timeoutMs: 15_000, what: 'the lease to run out' });
    const { ackedVersion } = await nodeAt(manageSecond);
    // Nobody is live, so nobody is waited for
    const made = await manageSecond('POST', '/rest-apis?wait=programmed', plainApi('Meanwhile'));
    expect(made).toMatchObject({ status: 201, body: { propagation: { state: 'pending', nodes: [] } } });
    expect((await first.call('/steady')).status).toBe(200);
    expect((await first.call('/meanwhile')).status).toBe(404);
    expect(await nodeAt(manageSecond)).toMatchObject({ live: false, ackedVersion });
  } finally {
    frozen.signal('SIGCONT');
  }
  await waitFor(async () => (await first.call('/meanwhile')).status === 200, {
    timeoutMs: 30_000,
    what: 'the router to catch up',
  });
  await waitFor(async () => (await nodeAt(manageSecond)).live, { timeoutMs: 30_000, what: 'the lease to be valid again' });
  const next = await manageSecond('PUT', '/rest-apis/Meanwhile?wait=programmed', plainApi('Meanwhile'));
  expect(next.body.propagation.state).toBe('programmed');
});

it('the router of a frozen controller finds it out by itself, and comes back when it wakes', async () => {
  const admin = stack.urls.routerAdmins[0] as string;
  const frozen = stack.process('gateway-controller');
  const log = () => readFileSync(stack.files.log('router-1'), 'utf8');
  const before = log().length;
  frozen.signal('SIGSTOP');
  try {
    await waitFor(() => log().slice(before).includes('Not connected to the controller'), {
      timeoutMs: 40_000,
      what: 'the router to give the stream up',
    });
    expect((await first.call('/steady')).status).toBe(200);
    expect((await ask(`${admin}/ready`)).status).toBe(200);
  } finally {
    frozen.signal('SIGCONT');
  }
  await waitFor(async () => (await nodeAt(manageSecond)).live, { timeoutMs: 30_000, what: 'the router to be back' });
});

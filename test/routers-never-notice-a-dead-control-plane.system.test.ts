import { mkdtempSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** kill −9 of controller and PostgreSQL, again and again, under requests with keys and limits: no request notices (invariant 6). */

const seconds = Number(process.env['TIDEGATE_CHAOS_SECONDS'] ?? 60);
const folder = mkdtempSync(join(tmpdir(), 'tidegate-never-notice-'));
let stack: Stack;
let client: StackClient;

beforeAll(async () => {
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', routers: 2 });
  client = stackClient(stack);
});

afterAll(() => removeStack(stack, folder));

it(`for ${seconds} s, and a router that starts cold meanwhile serves the same table`, async () => {
  const policies = [
    { name: 'api-key-auth', version: 'v1', params: { key: 'X-API-Key', in: 'header' } },
    { name: 'rate-limit', version: 'v1', params: { limit: 1_000_000, window: 3600 } },
  ];
  await client.manage('POST', '/rest-apis?wait=programmed', plainApi('Steady', { policies }));
  const limit = [{ ...policies[1], params: { limit: 5, window: 3600, key: 'api' } }];
  await client.manage('POST', '/rest-apis?wait=programmed', plainApi('Limited', { policies: limit }));
  const { body } = await client.manage('POST', '/rest-apis/Steady/api-keys?wait=programmed', { name: 'steady' });
  const key = { 'x-api-key': body.key };
  for (let used = 0; used < 5; used++) expect((await client.call('/limited', {}, 0)).status).toBe(200);
  expect((await client.call('/limited', {}, 0)).status).toBe(429);
  const before = await client.applied(0);
  await waitFor(async () => (await client.applied(1)).hash === before.hash, { what: 'both routers to serve the same table' });

  const stop = new AbortController();
  const load = requestsUntil(stop.signal, `${stack.urls.routers[0]}/steady`, key);
  const until = performance.now() + seconds * 1000;
  const nemesis = killControlPlane(until);
  await waitFor(() => stack.process('gateway-controller').pid() === null || stack.process('postgres').pid() === null, {
    what: 'the control plane to be down',
  });
  await restartedCold(before);
  await nemesis;
  // the window in which the limiter may have been forgotten is over: it was not
  expect((await client.call('/limited', {}, 0)).status).toBe(429);
  stop.abort();

  const { answered, failures } = await load;
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(seconds * 20);
  expect(await client.applied(0)).toEqual(before);

  // and the world goes on: a change made afterwards arrives
  await waitFor(async () => (await client.manage('PUT', '/rest-apis/Steady', plainApi('Steady'))).status === 200, {
    timeoutMs: 60_000,
    what: 'the controller to take changes again',
  });
  await waitFor(async () => (await client.call('/steady', {}, 1)).status === 200, { timeoutMs: 30_000, what: 'it on router 2' });
});

/** Both are killed together and come back by themselves; at least one is down for most of the time. */
async function killControlPlane(until: number): Promise<void> {
  while (performance.now() < until) {
    const killed = ['gateway-controller', 'postgres'].map((name) => stack.process(name)).filter((one) => one.pid() !== null);
    await Promise.all(killed.map((one) => one.kill('SIGKILL')));
    await sleep(1000);
  }
}

/** Router 2 is killed and comes back from its disk copy: same version, same hash. */
async function restartedCold(expected: { version: number; hash: string }): Promise<void> {
  await stack.process('router-2').kill('SIGKILL');
  await waitFor(async () => (await client.applied(1)).hash === expected.hash, { timeoutMs: 30_000, what: 'router 2 to be back' });
  expect(await client.applied(1)).toEqual(expected);
  expect((await client.call('/steady', {}, 1)).status).toBe(401);
}

async function requestsUntil(signal: AbortSignal, url: string, headers: Record<string, string>) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const failures: string[] = [];
  let answered = 0;
  const one = (): Promise<string> =>
    new Promise((resolve) => {
      const request = get(url, { agent, headers, timeout: 10_000 }, (response) => {
        response.resume().once('end', () => resolve(String(response.statusCode)));
        response.once('error', (error) => resolve(error.message));
      });
      request.once('timeout', () => request.destroy(new Error('no answer in 10 s')));
      request.once('error', (error) => resolve(error.message));
    });
  const worker = async (): Promise<void> => {
    while (!signal.aborted) {
      const outcome = await one();
      answered += 1;
      if (outcome !== '200') failures.push(outcome);
      await sleep(10);
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  agent.destroy();
  return { answered, failures };
}

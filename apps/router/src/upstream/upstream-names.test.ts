import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { readConfig } from '../config.ts';
import { sampleApi, target, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

const { upstream: defaults } = readConfig([], {}).router;

/** Upstreams on one port of several loopback addresses, each of which answers its address. */
async function onAddresses(...addresses: string[]): Promise<number> {
  let port = 0;
  for (const address of addresses) {
    const server = createServer((_request, response) => response.end(address));
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    ({ port } = server.address() as AddressInfo);
    kit.later(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  }
  return port;
}

/** A router in front of `backend.test:port`, and what that name leads to. */
async function setup(port: number, answers: readonly string[] | Error, upstream: Partial<typeof defaults> = {}) {
  const name = { answers };
  const resolve = (): Promise<LookupAddress[]> =>
    name.answers instanceof Error
      ? Promise.reject(name.answers)
      : Promise.resolve(name.answers.map((address) => ({ address, family: 4 })));
  const targets = [target(port, { host: 'backend.test' })];
  const router = await kit.traffic({
    entries: [sampleApi(0, { upstream: { targets } })],
    router: { upstream: { ...defaults, dns: { refresh_interval: 20 }, ...upstream } },
    resolve,
  });
  const ask = async (): Promise<string> => {
    const response = await fetch(`${router.url}/w/v1.0/items`);
    return response.status === 200 ? response.text() : String(response.status);
  };
  return { name, router, ask };
}

const failure = (code: string): Error => Object.assign(new Error(code), { code });

test('kept connections follow a name that leads elsewhere, and outlive a resolver that fails', async () => {
  const { name, ask } = await setup(await onAddresses('127.0.0.1', '127.0.0.2'), ['127.0.0.1']);
  expect([await ask(), await ask()]).toEqual(['127.0.0.1', '127.0.0.1']);
  name.answers = ['127.0.0.2'];
  await waitFor(async () => (await ask()) === '127.0.0.2', { what: 'requests to go to the new address' });
  name.answers = failure('EAI_AGAIN');
  for (let round = 0; round < 5; round++) expect(await ask()).toBe('127.0.0.2');
  name.answers = ['127.0.0.1'];
  await waitFor(async () => (await ask()) === '127.0.0.1', { what: 'requests to go back' });
});

test('several addresses share the connections, and one where nobody listens costs no request', async () => {
  const port = await onAddresses('127.0.0.1', '127.0.0.2');
  const { ask } = await setup(port, ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  const answers = await Promise.all(Array.from({ length: 30 }, ask));
  expect(new Set(answers)).toEqual(new Set(['127.0.0.1', '127.0.0.2']));
});

test('a name that nobody knows is 503, and is known when it is', async () => {
  const { name, router, ask } = await setup(await onAddresses('127.0.0.1'), failure('ENOTFOUND'));
  expect(await ask()).toBe('503');
  name.answers = [];
  expect(await ask()).toBe('503');
  name.answers = ['127.0.0.1'];
  expect(await ask()).toBe('127.0.0.1');
  await router.traffic.drain(0);
  expect(router.lines().map(({ reason }) => reason)).toEqual(['ENOTFOUND', 'ENOTFOUND', null]);
});

test('denied networks cannot be reached, by address, by name, or by a name that changes', async () => {
  const port = await onAddresses('127.0.0.1', '127.0.0.2');
  const denied = { denied_networks: ['127.0.0.2', '10.0.0.0/8'] };
  const { name, router, ask } = await setup(port, ['127.0.0.2'], denied);
  expect(await ask()).toBe('503');
  name.answers = ['127.0.0.2', '127.0.0.1'];
  for (let round = 0; round < 4; round++) expect(await ask()).toBe('127.0.0.1');
  await router.traffic.drain(0);
  expect(router.lines()[0]?.reason).toBe('EDENIED');

  const targets = [target(port, { host: '127.0.0.2' })];
  const literal = await kit.traffic({
    entries: [sampleApi(0, { upstream: { targets } })],
    router: { upstream: { ...defaults, ...denied } },
  });
  expect((await fetch(`${literal.url}/w/v1.0/items`)).status).toBe(503);
  await literal.traffic.drain(0);
  expect(literal.lines()[0]?.reason).toBe('address_denied');
});

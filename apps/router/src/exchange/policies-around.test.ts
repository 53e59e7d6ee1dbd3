import { policyRuntimes } from '@tidegate/policies/runtimes';
import { freePort, waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { sampleApi, target, trafficKit } from '../testing/traffic-kit.ts';

/** The policies that stand around the forwarding, on sockets. What they decide is tested beside them. */

const kit = trafficKit();
afterEach(kit.close);

type Answer = NonNullable<Parameters<typeof kit.upstream>[0]>['answer'];

async function serve(policies: readonly { name: string; params?: object }[], answer?: Answer) {
  const backend = await kit.upstream(answer === undefined ? {} : { answer });
  const uses = policies.map(({ name, params = {} }) => ({ name, paramsJson: JSON.stringify(params) }));
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies: uses })], runtimes: policyRuntimes });
  return { backend, router, url: `${router.url}/w/v1.0/files/x` };
}

test('cache: the second client is answered from memory, through the response phases, on every connection', async () => {
  let count = 0;
  const { backend, url } = await serve(
    [{ name: 'set-headers', params: { response: { headers: [{ name: 'x-seen', value: 'yes' }] } } }, { name: 'cache' }],
    (_request, response) => {
      response.setHeader('cache-control', 'max-age=60');
      response.setHeader('etag', '"v1"');
      response.end(`body ${++count} ${'x'.repeat(200_000)}`);
    },
  );
  const first = await fetch(url);
  const text = await first.text();
  for (let at = 0; at < 3; at++) {
    const hit = await fetch(url);
    expect([hit.status, hit.headers.get('x-seen'), hit.headers.get('cache-status')]).toEqual([200, 'yes', 'tidegate; hit']);
    expect(await hit.text()).toBe(text);
  }
  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(text.length)]);
  // By default fetch adds `cache-control: no-cache` to conditions of its caller's own.
  const known = await fetch(url, { headers: { 'if-none-match': '"v1"' }, cache: 'force-cache' });
  expect([known.status, await known.text()]).toEqual([304, '']);
  expect(backend.requests).toHaveLength(1);
  await fetch(url, { method: 'PUT', body: 'new' });
  expect(await (await fetch(url)).text()).toMatch(/^body 3 /);
});

test('cache: what was cut off is not stored; concurrent requests make one', async () => {
  let sockets = 0;
  const backend = await kit.tcp((socket) =>
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\n01234');
      if (++sockets === 1) socket.destroySoon();
      else setImmediate(() => socket.write('56789'));
    }),
  );
  const uses = [{ name: 'cache', paramsJson: '{}' }];
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies: uses })], runtimes: policyRuntimes });
  const url = `${router.url}/w/v1.0/items`;
  await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
  const texts = await Promise.all(Array.from({ length: 10 }, () => fetch(url).then((response) => response.text())));
  expect(new Set(texts)).toEqual(new Set(['0123456789']));
  expect(sockets).toBe(2);
});

test('cache: a stale answer is given while the upstream is asked beside it, with what the client sent', async () => {
  let count = 0;
  const { backend, url } = await serve(
    [{ name: 'set-headers', params: { request: { headers: [{ name: 'x-up', value: '1' }] } } }, { name: 'cache' }],
    (_request, response) => {
      response.setHeader('cache-control', 'max-age=0, stale-while-revalidate=60');
      response.end(`body ${++count}`);
    },
  );
  expect(await (await fetch(url)).text()).toBe('body 1');
  expect(await (await fetch(`${url}?`, { headers: { 'x-client': 'a' } })).text()).toBe('body 2');
  expect(await (await fetch(url, { headers: { 'x-client': 'a' } })).text()).toBe('body 1');
  await waitFor(() => backend.requests.length === 3, { what: 'the request beside' });
  expect(backend.requests[2]).toMatchObject({ url: '/api/files/x', headers: { 'x-up': '1', 'x-client': 'a' } });
  await waitFor(async () => (await (await fetch(url)).text()) !== 'body 1', { what: 'the new answer' });
});

test('retry and circuit-breaker: a dead target is passed over; when all are dead the circuit opens', async () => {
  const backend = await kit.upstream();
  const dead = await freePort();
  const policies = [
    { name: 'circuit-breaker', paramsJson: JSON.stringify({ minimumRequests: 2 }) },
    { name: 'retry', paramsJson: JSON.stringify({ baseDelayMs: 1, budgetPercent: 100 }) },
  ];
  const half = await kit.traffic({
    entries: [sampleApi(0, { upstream: { targets: [target(dead), target(backend.port)] }, policies })],
    runtimes: policyRuntimes,
  });
  for (let at = 0; at < 4; at++) expect((await fetch(`${half.url}/w/v1.0/items`)).status).toBe(200);
  const none = await kit.traffic({ entries: [sampleApi(dead, { policies })], runtimes: policyRuntimes });
  const answers = [];
  for (let at = 0; at < 3; at++) answers.push(await fetch(`${none.url}/w/v1.0/items`));
  expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
    [503, null],
    [503, null],
    [503, '30'],
  ]);
});

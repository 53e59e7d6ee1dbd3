import type { ForwardOutcome, Policy } from '@tidegate/policy-sdk';
import { freePort, waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { readConfig } from '../config.ts';
import { sampleApi, samplePolicy, target, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

type Step = NonNullable<Policy['forward']>;

/** An upstream whose answers have these statuses in turn, the last one for ever. */
async function serve(statuses: readonly number[], around: Readonly<Record<string, Policy>>) {
  let served = 0;
  const backend = await kit.upstream({
    answer(request, response) {
      response.statusCode = statuses[Math.min(served++, statuses.length - 1)] ?? 200;
      response.end(`${request.method} ${request.body} ${served}`);
    },
  });
  const runtimes = Object.entries(around).map(([name, policy]) => samplePolicy(name, policy));
  const policies = runtimes.map(({ definition }) => ({ name: definition.name }));
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies })], runtimes });
  return { backend, router, url: `${router.url}/w/v1.0/files/x` };
}

const stamp: Policy = { responseHeaders: ({ response }) => response?.setHeader('x-stamp', String(response.status)) };

test('the first policy of the chain stands outermost, and all see what came', async () => {
  const seen: string[] = [];
  const look =
    (name: string): Step =>
    async (_exchange, forwarder) => {
      seen.push(`${name} asks`);
      const outcome = await forwarder.send();
      seen.push(`${name} ${outcome.is === 'answered' ? outcome.answer.status : outcome.is}`);
      return outcome;
    };
  const { router, url } = await serve([201], { one: { forward: look('one') }, two: { forward: look('two') }, stamp });
  const response = await fetch(url);
  expect([response.status, response.headers.get('x-stamp'), await response.text()]).toEqual([201, '201', 'GET  1']);
  expect(seen).toEqual(['one asks', 'two asks', 'two 201', 'one 201']);
  await waitFor(() => router.lines().length === 1, { what: 'the access line' });
  expect(router.lines()[0]).toMatchObject({ status: 201, aborted: false });
});

test('an answer in place of the upstream’s goes through the response phases, whose policies may change its body', async () => {
  const own: ForwardOutcome = { is: 'own', response: { status: 203, headers: [['x-own', '1']], body: 'mine' } };
  const shout: Policy = {
    responseBody: (_exchange, body) =>
      Buffer.from(
        Buffer.from(body ?? [])
          .toString()
          .toUpperCase(),
      ),
  };
  const { backend, url } = await serve([200], { own: { forward: async () => own }, stamp, shout });
  const response = await fetch(url);
  expect([response.status, response.headers.get('x-own'), response.headers.get('x-stamp')]).toEqual([203, '1', '203']);
  expect([await response.text(), response.headers.get('content-length')]).toEqual(['MINE', '4']);
  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), backend.requests.length]).toEqual([203, '4', 0]);
});

/** Until an answer below 500, three times at most. */
const again: Step = async (_exchange, forwarder) => {
  let outcome = await forwarder.send();
  for (let tries = 1; tries < 3 && forwarder.repeatable; tries++) {
    if (outcome.is === 'answered' && outcome.answer.status < 500) break;
    outcome = await forwarder.send();
  }
  return outcome;
};

test('the request may go up again: the client gets the last answer alone', async () => {
  const { backend, url } = await serve([503, 503, 200], { again: { forward: again } });
  const response = await fetch(url);
  expect([response.status, await response.text()]).toEqual([200, 'GET  3']);
  expect(backend.requests).toHaveLength(3);
});

test('a body that was passed on cannot be sent again; one that a policy asked for can, every time whole', async () => {
  const streamed = await serve([503, 200], { again: { forward: again } });
  expect((await fetch(streamed.url, { method: 'PUT', body: 'up' })).status).toBe(503);
  const whole = await serve([503, 200], { again: { forward: again, requestBody: () => undefined } });
  expect(await (await fetch(whole.url, { method: 'PUT', body: 'up' })).text()).toBe('PUT up 2');
  const insists: Step = async (_exchange, forwarder) => {
    await forwarder.send();
    return forwarder.send();
  };
  const refused = await serve([503, 200], { insists: { forward: insists } });
  expect((await fetch(refused.url, { method: 'PUT', body: 'up' })).status).toBe(500);
  expect(refused.backend.requests).toHaveLength(1);
});

test('each time takes the next target, and the endpoints are free again after it', async () => {
  const backend = await kit.upstream();
  const refused = await freePort();
  const runtimes = [samplePolicy('again', { forward: again })];
  const { upstream: defaults } = readConfig([], {}).router;
  const upstream = { targets: [target(refused), target(backend.port)] };
  const router = await kit.traffic({
    entries: [sampleApi(backend.port, { upstream, policies: [{ name: 'again' }] })],
    runtimes,
    router: { upstream: { ...defaults, in_flight_max: 1 } },
  });
  for (let at = 0; at < 4; at++) expect((await fetch(`${router.url}/w/v1.0/items`)).status).toBe(200);
});

test('one time has a bound of its own', async () => {
  let asked = 0;
  const backend = await kit.upstream({
    answer(_request, response) {
      if (++asked > 1) response.end('second');
    },
  });
  const impatient: Step = async (_exchange, forwarder) => {
    const outcome = await forwarder.send(50);
    return outcome.is === 'failed' && outcome.failure === 'timeout' ? forwarder.send() : outcome;
  };
  const router = await kit.traffic({
    entries: [sampleApi(backend.port, { policies: [{ name: 'impatient' }] })],
    runtimes: [samplePolicy('impatient', { forward: impatient })],
  });
  expect(await (await fetch(`${router.url}/w/v1.0/items`)).text()).toBe('second');
});

test.each([false, true])(
  'a tap sees the upstream’s body pass by, whole or cut (response body policies: %s)',
  async (buffered) => {
    const taps: string[] = [];
    const tapped: Step = async (_exchange, forwarder) => {
      const outcome = await forwarder.send();
      let text = '';
      if (outcome.is === 'answered')
        outcome.answer.tap({
          data: (bytes) => void (text += Buffer.from(bytes).toString()),
          end: (complete) => void taps.push(`${text} ${complete}`),
        });
      return outcome;
    };
    const backend = await kit.tcp((socket) =>
      socket.on('data', (request) => {
        const cut = request.includes('/cut');
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${cut ? 100 : 10}\r\n\r\n`);
        setImmediate(() => socket.write('0123456789', () => cut && socket.destroy()));
      }),
    );
    const runtimes = [
      samplePolicy('tapped', { forward: tapped }),
      samplePolicy('changes', buffered ? { responseBody: () => Buffer.from('changed') } : {}),
    ];
    const policies = [{ name: 'tapped' }, { name: 'changes' }];
    const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies })], runtimes });
    expect(await (await fetch(`${router.url}/w/v1.0/files/x`)).text()).toBe(buffered ? 'changed' : '0123456789');
    await fetch(`${router.url}/w/v1.0/files/cut`)
      .then((response) => response.text())
      .catch(() => undefined);
    await waitFor(() => taps.length === 2, { what: 'both taps to end' });
    expect(taps[0]).toBe('0123456789 true');
    expect(taps[1]).toMatch(/ false$/);
  },
);

test('a policy that fails around the forwarding is 500, and the answer it had is given up', async () => {
  const { url } = await serve([200], {
    fails: {
      async forward(_exchange, forwarder) {
        await forwarder.send();
        throw new Error('oops');
      },
    },
  });
  const response = await fetch(url);
  expect([response.status, await response.json()]).toMatchObject([500, { error: 'Internal Server Error' }]);
});

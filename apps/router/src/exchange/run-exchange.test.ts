import { setTimeout } from 'node:timers/promises';

import { jsonResponse } from '@tidegate/policy-sdk';
import { freePort, waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { rawRequest } from '../testing/start-traffic.ts';
import { sampleApi, samplePolicy, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

test('a verdict ends the exchange; nothing goes upstream and no response phase runs', async () => {
  const backend = await kit.upstream();
  const ran: string[] = [];
  const runtimes = [
    samplePolicy('first', {
      requestHeaders: (exchange) => {
        exchange.addResponseHeader('X-Limit', '5');
        return undefined;
      },
      responseHeaders: () => void ran.push('response'),
    }),
    samplePolicy('deny', { requestHeaders: async () => jsonResponse(401, '{"error":"Unauthorized"}') }),
    samplePolicy('never', { requestHeaders: () => void ran.push('never') }),
  ];
  const router = await kit.traffic({
    entries: [sampleApi(backend.port, { policies: runtimes.map(({ definition }) => definition) })],
    runtimes,
  });
  const response = await fetch(`${router.url}/w/v1.0/items`);
  expect([response.status, await response.text(), response.headers.get('x-limit')]).toEqual([
    401,
    '{"error":"Unauthorized"}',
    '5',
  ]);
  expect([ran, backend.requests]).toEqual([[], []]);
});

test('policies change what goes up and what comes back', async () => {
  const backend = await kit.upstream();
  const runtimes = [
    samplePolicy('edit', {
      requestHeaders(exchange) {
        expect(exchange.queryParameter('key')).toBe('a b');
        exchange.removeUpstreamQueryParameter('key');
        exchange.removeUpstreamHeader('X-Key');
        exchange.setUpstreamHeader('X-Seen', exchange.requestHeader('x-key') ?? '');
        exchange.auth = { type: 'apikey', subject: 'k1', properties: {}, previous: null };
        return undefined;
      },
      responseHeaders: (exchange) => exchange.response?.setHeader('X-Status', String(exchange.response.status)),
    }),
  ];
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies: [{ name: 'edit' }] })], runtimes });
  const response = await fetch(`${router.url}/w/v1.0/items?a=%20&key=a+b&b`, { headers: { 'x-key': 'secret' } });
  expect(response.headers.get('x-status')).toBe('200');
  expect(await response.json()).toMatchObject({ url: '/api/items?a=%20&b', headers: { 'x-seen': 'secret' } });
  expect(backend.requests[0]?.headers['x-key']).toBeUndefined();
  await waitFor(() => router.lines().length === 1, { what: 'the access line' });
  expect(router.lines()[0]).toMatchObject({
    subject: 'k1',
    status: 200,
    api: 'sample',
    path: '/w/v1.0/items',
    upstream: `http://127.0.0.1:${backend.port}`,
    aborted: false,
  });
});

test('bodies: seen whole, changed on the way back, refused when too large', async () => {
  const backend = await kit.upstream({ answer: (request, response) => void response.end(request.body.toUpperCase()) });
  const runtimes = [
    samplePolicy('inspect', {
      requestBody: (_exchange, body) => (Buffer.from(body ?? []).includes('bad') ? jsonResponse(422, '{}') : undefined),
      responseBody: async (_exchange, body) => Buffer.concat([Buffer.from('<'), body ?? Buffer.alloc(0), Buffer.from('>')]),
    }),
  ];
  const router = await kit.traffic({
    entries: [sampleApi(backend.port, { policies: [{ name: 'inspect' }] })],
    runtimes,
    router: { http_listener: { connections_max: 100, per_connection_buffer_limit_bytes: 1000 } },
  });
  const post = (body: string) => fetch(`${router.url}/w/v1.0/files/x`, { method: 'POST', body });
  expect(await (await post('good')).text()).toBe('<GOOD>');
  expect((await post('bad')).status).toBe(422);
  expect((await post('x'.repeat(5000))).status).toBe(413);
  expect(backend.requests).toHaveLength(1);
});

test('a policy that fails is 500 with an id, and response phases also see answers the router makes', async () => {
  const refused = await freePort();
  const runtimes = [
    samplePolicy('fails', {
      requestHeaders: (exchange) => {
        if (exchange.query === '?now') throw new Error('oops');
        return undefined;
      },
    }),
    samplePolicy('stamps', {
      responseHeaders: (exchange) => exchange.response?.setHeader('x-stamp', String(exchange.response.status)),
    }),
  ];
  const router = await kit.traffic({
    entries: [sampleApi(refused, { policies: [{ name: 'fails' }, { name: 'stamps' }] })],
    runtimes,
  });
  const failed = await fetch(`${router.url}/w/v1.0/items?now`);
  const body = (await failed.json()) as { error: string; error_id: string };
  expect([failed.status, body.error, failed.headers.get('x-error-id')]).toEqual([500, 'Internal Server Error', body.error_id]);
  const down = await fetch(`${router.url}/w/v1.0/items`);
  expect([down.status, down.headers.get('x-stamp')]).toEqual([503, '503']);
});

test('a header that cannot be sent is the policy’s failure, and only this request’s', async () => {
  const backend = await kit.upstream();
  const runtimes = [
    samplePolicy('splits', {
      requestHeaders: (exchange) => {
        if (exchange.query === '?add') exchange.addResponseHeader('x-a', 'a\r\nx-b: b');
        if (exchange.query === '?set') exchange.setUpstreamHeader('x-a', 'a\r\nx-b: b');
        if (exchange.query === '?answer') return { status: 200, headers: [['x-a', 'a\r\nx-b: b']], body: '' };
        return undefined;
      },
      responseHeaders: (exchange) => {
        if (exchange.query === '?reply') exchange.response?.setHeader('x-a', 'a\r\nx-b: b');
      },
    }),
  ];
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies: [{ name: 'splits' }] })], runtimes });
  for (const where of ['add', 'set', 'answer', 'reply']) {
    const failed = await fetch(`${router.url}/w/v1.0/items?${where}`);
    expect([where, failed.status, failed.headers.has('x-b')]).toEqual([where, 500, false]);
    await failed.arrayBuffer();
  }
  expect((await fetch(`${router.url}/w/v1.0/items`)).status).toBe(200);
});

test('an upstream that breaks while a response policy takes its time is 502, not a client that waits for ever', async () => {
  const backend = await kit.tcp((socket) =>
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart')),
  );
  const runtimes = [
    samplePolicy('slow', {
      async responseHeaders() {
        backend.sockets[0]?.resetAndDestroy();
        await setTimeout(50);
      },
    }),
  ];
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies: [{ name: 'slow' }] })], runtimes });
  expect((await fetch(`${router.url}/w/v1.0/items`)).status).toBe(502);
});

test('a client that asks before it sends is told to go on only when its body is wanted', async () => {
  const backend = await kit.upstream();
  const runtimes = [
    samplePolicy('gate', {
      requestHeaders: (exchange) => (exchange.query === '?no' ? jsonResponse(401, '{}') : undefined),
      requestBody: () => undefined,
    }),
  ];
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies: [{ name: 'gate' }] })], runtimes });
  const ask = (query: string) =>
    `PUT /w/v1.0/files/x${query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok`;
  expect(await rawRequest(router.port, ask(''))).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
  expect(await rawRequest(router.port, ask('?no'))).toMatch(/^HTTP\/1\.1 401/);
  expect(backend.requests).toHaveLength(1);
});

test('who asks for a request’s fields when the next one is served is told nothing of that', async () => {
  const backend = await kit.upstream();
  const seen: (() => unknown)[] = [];
  const keeps = samplePolicy('keeps', {
    requestHeaders(exchange) {
      expect(exchange.requestHeader('x-user')).toMatch(/^user-/);
      seen.push(() => [exchange.requestHeader('x-user'), exchange.requestHeaders().find(([name]) => name === 'x-user')?.[1]]);
      return undefined;
    },
  });
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies: [{ name: 'keeps' }] })], runtimes: [keeps] });
  const ask = (user: string, more: string): string => `GET /w/v1.0/items HTTP/1.1\r\nHost: a\r\nX-User: ${user}\r\n${more}\r\n`;
  const answers = await rawRequest(router.port, ask('user-1', '') + ask('user-2', 'Connection: close\r\n'));
  expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(seen).toHaveLength(2);
  expect(seen[0]?.()).not.toContain('user-2');
});

test('who asks for an answer’s fields when it has gone is told nothing, and nothing of another’s', async () => {
  const backend = await kit.upstream({
    answer: (request, response) => void response.setHeader('x-secret', request.url).end('x'),
  });
  const seen: ((name: string) => string | undefined)[] = [];
  const runtimes = [
    samplePolicy('keeps', {
      responseHeaders({ response }) {
        expect(response?.header('x-secret')).toMatch(/^\/api\/items/);
        if (response !== null) seen.push((name) => response.header(name));
      },
    }),
  ];
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies: [{ name: 'keeps' }] })], runtimes });
  for (const one of [1, 2]) expect((await fetch(`${router.url}/w/v1.0/items?${one}`)).status).toBe(200);
  expect(seen).toHaveLength(2);
  expect(seen[0]?.('x-secret') ?? '').not.toBe('/api/items?2');
});

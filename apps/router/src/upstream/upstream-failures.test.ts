import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { readConfig } from '../config.ts';
import { rawRequest } from '../testing/start-traffic.ts';
import { getRequest, sampleApi, target, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

test('an idle connection that the upstream has closed costs no request', async () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  let requests = 0;
  // Resets a connection when its second request arrives: the worst moment for whoever took it from the pool.
  const backend = await kit.tcp((socket) => {
    let seen = 0;
    socket.on('data', () => {
      requests += 1;
      seen += 1;
      if (seen > 1) socket.resetAndDestroy();
      else socket.write(answer);
    });
  });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  for (let round = 0; round < 3; round++) expect(await (await fetch(`${router.url}/w/v1.0/items`)).text()).toBe('ok');
  expect(requests).toBeGreaterThan(3);
  const post = await fetch(`${router.url}/w/v1.0/files/x`, { method: 'POST', body: 'once' });
  expect(post.status).toBe(502);
});

test('a client that goes away takes its upstream connection along, before and in the middle of the answer', async () => {
  for (const begin of ['', 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nstart']) {
    const backend = await kit.tcp((socket) => socket.once('data', () => void socket.write(begin)));
    const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
    const client = httpRequest(`${router.url}/w/v1.0/items`)
      .on('error', () => undefined)
      .end();
    if (begin === '') await waitFor(() => backend.sockets[0]?.bytesRead, { what: 'the request to arrive' });
    else await new Promise<void>((resolve) => client.once('response', (response) => response.once('data', () => resolve())));
    client.destroy();
    await waitFor(() => backend.sockets[0]?.destroyed === true, { what: 'the upstream connection to be closed' });
    await waitFor(() => router.lines().some(({ aborted }) => aborted), { what: 'an access line' });
  }
});

test('an upstream that resets in the middle cuts the client off instead of leaving it waiting', async () => {
  const backend = await kit.tcp((socket) =>
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart', () => socket.resetAndDestroy())),
  );
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const answer = await rawRequest(router.port, getRequest('/w/v1.0/items').replace('Connection: close\r\n', ''));
  expect(answer).toMatch(/part$/);
});

test.each([
  ['resets', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
  ['closes', (socket: Socket) => socket.once('data', () => socket.end())],
  ['does not speak HTTP', (socket: Socket) => socket.once('data', () => socket.end('220 smtp ready\r\n'))],
  [
    'frames twice',
    (socket: Socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
      ),
  ],
])('an upstream that %s before an answer is 502', async (_what, behave) => {
  const backend = await kit.tcp(behave);
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const response = await fetch(`${router.url}/w/v1.0/items`);
  expect([response.status, await response.text()]).toEqual([502, '{"error":"Bad Gateway"}']);
  expect(response.headers.get('content-type')).toBe('application/json');
});

test('nobody there, no name, all drained: 503', async () => {
  const refused = await freePort();
  for (const targets of [[target(refused)], [target(80, { host: 'no-such-host.invalid' })], [target(refused, { weight: 0 })]]) {
    const router = await kit.traffic({ entries: [sampleApi(0, { upstream: { targets } })] });
    const response = await fetch(`${router.url}/w/v1.0/items`);
    expect([response.status, await response.text()]).toEqual([503, '{"error":"Service Unavailable"}']);
  }
});

test('too slow: 504 for the route and for silence; cut off when the answer has begun', async () => {
  const silent = await kit.tcp((socket) => void socket.resume());
  const started = await kit.tcp((socket) =>
    socket.once('data', () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart')),
  );
  for (const bound of [{ timeoutMs: 60 }, { idleTimeoutMs: 60 }]) {
    const slow = await kit.traffic({ entries: [sampleApi(silent.port, bound)] });
    const response = await fetch(`${slow.url}/w/v1.0/files/x`);
    expect([response.status, await response.text()]).toEqual([504, '{"error":"Gateway Timeout"}']);
    const half = await kit.traffic({ entries: [sampleApi(started.port, bound)] });
    expect(await rawRequest(half.port, 'GET /w/v1.0/files/x HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/part$/);
  }
  await waitFor(() => silent.sockets.every((socket) => socket.destroyed), { what: 'given-up connections to be closed' });
});

test('a timeout of more than 24 days is no timeout of a millisecond', async () => {
  const backend = await kit.upstream({ answer: (_request, response) => void setTimeout(() => response.end('ok'), 50) });
  const longMs = 4_000_000_000;
  const upstream = { connectTimeoutMs: longMs, targets: [target(backend.port)] };
  const api = sampleApi(backend.port, { timeoutMs: longMs, idleTimeoutMs: longMs, upstream });
  const router = await kit.traffic({ entries: [api] });
  expect((await fetch(`${router.url}/w/v1.0/files/x`)).status).toBe(200);
});

test('a TLS handshake that hangs ends with the connect timeout: 503', async () => {
  const silent = await kit.tcp(() => undefined);
  const targets = [target(silent.port, { scheme: 'https' })];
  const router = await kit.traffic({ entries: [sampleApi(0, { upstream: { targets, connectTimeoutMs: 60 } })] });
  expect((await fetch(`${router.url}/w/v1.0/items`)).status).toBe(503);
});

test('an override leads a name to another address over TLS, verified by the name; an unknown authority is 503', async () => {
  const backend = await kit.upstream({ tls: { names: ['petstore.example.com'] } });
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-ca-'));
  kit.later(() => Promise.resolve(rmSync(folder, { recursive: true })));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, backend.ca);
  const entry = (host: string) => [sampleApi(0, { upstream: { targets: [{ scheme: 'https', host, port: 443, weight: 1 }] } })];
  const { upstream: defaults } = readConfig([], {}).router;
  const overrides = { 'petstore.example.com': `127.0.0.1:${backend.port}`, 'other.example.com:443': `127.0.0.1:${backend.port}` };
  const trusting = { upstream: { ...defaults, host_overrides: overrides, tls: { ...defaults.tls, ca_file: caFile } } };

  const good = await kit.traffic({ entries: entry('petstore.example.com'), router: trusting });
  expect((await fetch(`${good.url}/w/v1.0/items`)).status).toBe(200);
  expect(backend.requests[0]?.headers.host).toBe('petstore.example.com');
  const wrongName = await kit.traffic({ entries: entry('other.example.com'), router: trusting });
  expect((await fetch(`${wrongName.url}/w/v1.0/items`)).status).toBe(503);
  const strangers = await kit.traffic({
    entries: entry('petstore.example.com'),
    router: { upstream: { ...defaults, host_overrides: overrides } },
  });
  expect((await fetch(`${strangers.url}/w/v1.0/items`)).status).toBe(503);
  expect(backend.requests).toHaveLength(1);
});

test('a client that goes away in the middle of its upload cuts the upload upstream', async () => {
  const backend = await kit.tcp((socket) => void socket.resume());
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const client = httpRequest(`${router.url}/w/v1.0/files/x`, { method: 'POST', headers: { 'content-length': '1000000' } }).on(
    'error',
    () => undefined,
  );
  client.write('part');
  await waitFor(() => backend.sockets[0]?.bytesRead, { what: 'the upload to arrive' });
  client.destroy();
  await waitFor(() => backend.sockets[0]?.destroyed === true, { what: 'the upstream connection to be closed' });
});

test('an upstream that answers before it has read the upload is heard', async () => {
  const backend = await kit.tcp((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 413 No\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfull')),
  );
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const bytes = `POST /w/v1.0/files/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\npart`;
  expect(await rawRequest(router.port, bytes, /full$/)).toMatch(/^HTTP\/1\.1 413 No\r\n/);
});

test('a target that nobody answers at is passed over after five requests', async () => {
  const backend = await kit.upstream();
  const targets = [target(await freePort()), target(backend.port)];
  const router = await kit.traffic({ entries: [sampleApi(0, { upstream: { targets } })] });
  const statuses: number[] = [];
  for (let round = 0; round < 20; round++) statuses.push((await fetch(`${router.url}/w/v1.0/items`)).status);
  expect(statuses.filter((status) => status === 503)).toHaveLength(5);
  expect(statuses.slice(10)).toEqual(Array.from({ length: 10 }, () => 200));
});

test('more requests than a target may have under way are answered 503 at once, until one has ended', async () => {
  const backend = await kit.tcp((socket) => void socket.resume());
  const { upstream: defaults } = readConfig([], {}).router;
  const router = await kit.traffic({
    entries: [sampleApi(backend.port)],
    router: { upstream: { ...defaults, in_flight_max: 1 } },
  });
  const first = new AbortController();
  const waiting = fetch(`${router.url}/w/v1.0/items`, { signal: first.signal }).catch(() => 'aborted');
  await waitFor(() => backend.sockets.length === 1, { what: 'the first request to arrive' });
  const second = await fetch(`${router.url}/w/v1.0/items`);
  expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1']);
  first.abort();
  expect(await waiting).toBe('aborted');
  await waitFor(() => router.traffic.inFlight === 0, { what: 'the first request to end' });
  const third = new AbortController();
  const served = fetch(`${router.url}/w/v1.0/items`, { signal: third.signal }).catch(() => 'aborted');
  await waitFor(() => backend.sockets.length === 2, { what: 'the next request to arrive' });
  third.abort();
  await served;
});

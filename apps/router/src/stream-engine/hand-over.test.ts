import { afterEach, expect, test } from 'vitest';

import { rawRequest } from '../testing/start-traffic.ts';
import { getRequest, sampleApi, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

const KEPT = 'GET /w/v1.0/items HTTP/1.1\r\nHost: a\r\n\r\n';

test('HTTP/1.0 is served by the conservative engine, also behind other requests of its connection, in turn', async () => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const old = 'GET /w/v1.0/items?old HTTP/1.0\r\nHost: a\r\n\r\n';
  const answer = await rawRequest(router.port, KEPT + KEPT + old);
  expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
  expect(backend.requests.map(({ url }) => url)).toEqual(['/api/items', '/api/items', '/api/items?old']);
  expect(router.traffic.inFlight).toBe(0);
});

test('a connection that was handed over stays usable, and its bodies whole', async () => {
  const backend = await kit.upstream({ answer: (request, response) => void response.end(`${request.method}:${request.body}`) });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const old = 'POST /w/v1.0/files/x HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello';
  const answer = await rawRequest(router.port, KEPT + old + getRequest('/w/v1.0/items'));
  expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
  expect(answer).toContain('POST:hello');
});

test('draining ends connections of both engines', async () => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const waiting = ['', KEPT, 'GET /w/v1.0/items HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n'].map((bytes) =>
    rawRequest(router.port, bytes),
  );
  await expect.poll(() => backend.requests.length).toBe(2);
  expect(await router.traffic.drain(60_000)).toBe(0);
  await Promise.all(waiting);
});

test('draining cuts a request that was handed over and does not end in time', async () => {
  const backend = await kit.tcp((socket) => void socket.resume());
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const waiting = rawRequest(router.port, 'GET /w/v1.0/items HTTP/1.0\r\nHost: a\r\n\r\n');
  await expect.poll(() => backend.sockets.length).toBe(1);
  expect(await router.traffic.drain(50)).toBe(1);
  expect(await waiting).toBe('');
});

import { connect } from 'node:net';

import { waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { rawRequest } from '../testing/start-traffic.ts';
import { sampleApi, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

const GET = 'GET /w/v1.0/items HTTP/1.1\r\nHost: a\r\n\r\n';
const SLOW = { request_headers_timeout: 200, idle_timeout: 3_600_000 };
const IDLE = { request_headers_timeout: 3_600_000, idle_timeout: 200 };

test('a head that does not come to its end is 408, and the connection closed', async () => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)], router: { http_listener: { timeouts: SLOW } } });
  const answer = await rawRequest(router.port, 'GET /w/v1.0/items HTTP/1.1\r\nHost: a\r\nX-Slow: ');
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer.toLowerCase()).toContain('connection: close');
  expect(backend.requests).toEqual([]);
  // Not the first of its connection either.
  expect(await rawRequest(router.port, `${GET}GET /w`)).toMatch(/^HTTP\/1\.1 200 [^]*HTTP\/1\.1 408 /);
});

test('a client that trickles its head does not gain time by it', async () => {
  const router = await kit.traffic({ entries: [], router: { http_listener: { timeouts: SLOW } } });
  let answer = '';
  const socket = connect(router.port, '127.0.0.1').setEncoding('latin1');
  socket.on('data', (chunk: string) => (answer += chunk)).on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n');
  const trickling = setInterval(() => socket.write('X: 1\r\n'), 20);
  await waitFor(() => answer.startsWith('HTTP/1.1 408 '), { what: 'the answer' });
  clearInterval(trickling);
  socket.destroy();
});

test('a connection between two requests is closed after its time, without a word', async () => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)], router: { http_listener: { timeouts: IDLE } } });
  const answer = await rawRequest(router.port, GET);
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

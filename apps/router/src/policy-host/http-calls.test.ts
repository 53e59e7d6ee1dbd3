import { freePort } from '@tidegate/testkit';
import type { HttpCall } from '@tidegate/policy-sdk';
import { afterEach, expect, test } from 'vitest';

import { trafficKit } from '../testing/traffic-kit.ts';
import { createHttpCalls } from './http-calls.ts';

const kit = trafficKit();
afterEach(kit.close);

function calls() {
  const http = createHttpCalls('');
  kit.later(async () => http.close());
  return (port: number, more: Partial<HttpCall> = {}) =>
    http.send({
      method: 'GET',
      url: `http://127.0.0.1:${port}/x`,
      headers: {},
      body: null,
      timeoutMs: 20_000,
      bytesMax: 100_000,
      tls: { skipVerify: false, caFile: '' },
      ...more,
    });
}

test('brings status, headers and body', async () => {
  const server = await kit.upstream();
  const answer = await calls()(server.port, { method: 'POST', body: 'hé', headers: { 'x-a': '1' } });
  expect([answer.status, answer.header('content-type')]).toEqual([200, 'application/json']);
  expect(JSON.parse(Buffer.from(answer.body).toString())).toMatchObject({
    method: 'POST',
    url: '/x',
    headers: { 'x-a': '1', 'content-length': '3' },
  });
  expect(server.requests[0]?.body).toBe('hé');
});

test('servers that hang, are gone, send too much or stop in the middle', async () => {
  const send = calls();
  const silent = await kit.tcp(() => undefined);
  await expect(send(silent.port, { timeoutMs: 50 })).rejects.toThrow('no answer within 50 ms');
  await expect(send(await freePort())).rejects.toThrow('ECONNREFUSED');
  const endless = await kit.tcp((socket) =>
    socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n${'x'.repeat(2000)}`)),
  );
  await expect(send(endless.port, { bytesMax: 1000 })).rejects.toThrow('larger than 1000 bytes');
  const slow = await kit.tcp((socket) =>
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nx')),
  );
  await expect(send(slow.port, { timeoutMs: 100 })).rejects.toThrow('no answer within 100 ms');
  const broken = await kit.tcp((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nx')),
  );
  await expect(send(broken.port)).rejects.toThrow();
});

test('redirects are answers like any other', async () => {
  const server = await kit.upstream({ answer: (_request, response) => void response.writeHead(302, { location: '/y' }).end() });
  expect((await calls()(server.port)).status).toBe(302);
  expect(server.requests).toHaveLength(1);
});

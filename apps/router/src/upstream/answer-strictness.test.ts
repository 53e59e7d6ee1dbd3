import { afterEach, expect, test } from 'vitest';

import { rawRequest } from '../testing/start-traffic.ts';
import { getRequest, sampleApi, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

/** Answers the first request of each connection with these bytes, and then closes it. */
async function answeredWith(bytes: string): Promise<string> {
  const backend = await kit.tcp((socket) => socket.once('data', () => socket.end(bytes, 'latin1')));
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  return rawRequest(router.port, getRequest('/w/v1.0/items'));
}

function answer(head: string, ...fields: string[]): string {
  return [head, ...fields, '', ''].join('\r\n');
}

test.each([
  ['a switch of protocols', answer('HTTP/1.1 101 Switching', 'Connection: upgrade', 'Upgrade: x')],
  ['a status below 100', answer('HTTP/1.1 099 Odd', 'Content-Length: 2') + 'ok'],
  ['a status of four digits', answer('HTTP/1.1 1000 Odd', 'Content-Length: 2') + 'ok'],
  ['a control character in the reason', answer('HTTP/1.1 200 O\x01K', 'Content-Length: 2') + 'ok'],
  ['another version', answer('HTTP/2.0 200 OK', 'Content-Length: 2') + 'ok'],
  ['two lengths', answer('HTTP/1.1 200 OK', 'Content-Length: 2', 'Content-Length: 3') + 'ok'],
  ['two equal lengths', answer('HTTP/1.1 200 OK', 'Content-Length: 2', 'Content-Length: 2') + 'ok'],
  ['a length beside chunks', answer('HTTP/1.1 200 OK', 'Content-Length: 2', 'Transfer-Encoding: chunked') + '0\r\n\r\n'],
  ['a second coding', answer('HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, chunked') + '2\r\nok\r\n0\r\n\r\n'],
  ['another coding', answer('HTTP/1.1 200 OK', 'Transfer-Encoding: gzip') + 'ok'],
  ['chunks in HTTP/1.0', answer('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked') + '2\r\nok\r\n0\r\n\r\n'],
  ['a folded line', answer('HTTP/1.1 200 OK', 'X: 1\r\n 2', 'Content-Length: 2') + 'ok'],
  ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
  ['a NUL in a value', answer('HTTP/1.1 200 OK', 'X: a\x00b', 'Content-Length: 2') + 'ok'],
  ['a space before the colon', answer('HTTP/1.1 200 OK', 'X : a', 'Content-Length: 2') + 'ok'],
  ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}`],
])('%s from an upstream is 502', async (_what, bytes) => {
  expect(await answeredWith(bytes)).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n[^]*\r\n\r\n\{"error":"Bad Gateway"\}$/);
});

test('what is odd and harmless passes', async () => {
  const early = answer('HTTP/1.1 103 Early', 'Link: x') + answer('HTTP/1.1 200 OK', 'Content-Length: 2') + 'ok';
  expect(await answeredWith(early)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
  const untilClose = answer('HTTP/1.1 999 O\xe4K', '__proto__: a', 'constructor: b') + 'ok';
  expect(await answeredWith(untilClose)).toMatch(/^HTTP\/1\.1 999 O\xe4K\r\n__proto__: a\r\nconstructor: b\r\n[^]*ok/);
});

test('a 204 claims no length', async () => {
  const claimed = await answeredWith(answer('HTTP/1.1 204 No Content', 'Content-Length: 2') + 'ok');
  expect(claimed).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
  expect(claimed.toLowerCase()).not.toContain('content-length');
});

test('bytes behind an answer reach nobody', async () => {
  const evil = answer('HTTP/1.1 200 OK', 'Content-Length: 4') + 'evil';
  const backend = await kit.tcp((socket) =>
    socket.on('data', () => socket.write(answer('HTTP/1.1 200 OK', 'Content-Length: 2') + `ok${evil}`)),
  );
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  for (let round = 0; round < 3; round++) expect(await (await fetch(`${router.url}/w/v1.0/items`)).text()).toBe('ok');
});

import { connect } from 'node:net';

import { waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { sampleDeployment } from '../testing/sample-held.ts';
import { target, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

/** What two parsers could read differently, and what it is answered with. No upstream may see such a request to its end. */
const REFUSED: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['length beside chunks', post('Content-Length: 5', 'Transfer-Encoding: chunked') + '0\r\n\r\n', 400],
  ['chunks beside length', post('Transfer-Encoding: chunked', 'Content-Length: 5') + '0\r\n\r\n', 400],
  ['two different lengths', post('Content-Length: 5', 'Content-Length: 6') + 'hello!', 400],
  ['two equal lengths', post('Content-Length: 5', 'Content-Length: 5') + 'hello', 400],
  ['lengths in a list', post('Content-Length: 5, 5') + 'hello', 400],
  ['a signed length', post('Content-Length: +5') + 'hello', 400],
  ['a negative length', post('Content-Length: -5') + 'hello', 400],
  ['a hexadecimal length', post('Content-Length: 0x5') + 'hello', 400],
  ['an empty length', post('Content-Length:') + 'hello', 400],
  ['a length beyond every integer', post('Content-Length: 99999999999999999999') + 'hello', 400],
  ['chunked twice', post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + '0\r\n\r\n', 400],
  ['chunked, chunked', post('Transfer-Encoding: chunked, chunked') + '0\r\n\r\n', 400],
  ['gzip, chunked', post('Transfer-Encoding: gzip, chunked') + '0\r\n\r\n', 400],
  ['chunked, gzip', post('Transfer-Encoding: chunked, gzip') + '0\r\n\r\n', 400],
  ['xchunked', post('Transfer-Encoding: xchunked') + '0\r\n\r\n', 400],
  ['identity', post('Transfer-Encoding: identity') + '0\r\n\r\n', 400],
  ['an empty transfer coding', post('Transfer-Encoding:') + '0\r\n\r\n', 400],
  ['a vertical tab before chunked', post('Transfer-Encoding: \x0bchunked') + '0\r\n\r\n', 400],
  ['a quoted transfer coding', post('Transfer-Encoding: "chunked"') + '0\r\n\r\n', 400],
  ['a transfer coding in HTTP/1.0', post('Transfer-Encoding: chunked').replace('/1.1', '/1.0') + '0\r\n\r\n', 400],
  ['no Host', 'GET /x HTTP/1.1\r\nX: 1\r\n\r\n', 400],
  ['no Host in HTTP/1.0', 'GET /x HTTP/1.0\r\n\r\n', 400],
  ['two Hosts', get('Host: b'), 400],
  ['two equal Hosts', get('Host: a'), 400],
  ['an empty Host', 'GET /x HTTP/1.1\r\nHost:\r\n\r\n', 400],
  ['a Host with a path', 'GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
  ['a Host with user information', 'GET /x HTTP/1.1\r\nHost: u@a\r\n\r\n', 400],
  ['a list of Hosts', 'GET /x HTTP/1.1\r\nHost: a, b\r\n\r\n', 400],
  ['a target of another host', 'GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a target with user information', 'GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a target of another scheme', 'GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a relative target', 'GET x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a fragment', 'GET /x#y HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a path above the root', 'GET /../x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a bad escape', 'GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a backslash', 'GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a raw byte in the target', 'GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a tab in the request line', 'GET\t/x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['HTTP/0.9', 'GET /x\r\n\r\n', 400],
  ['HTTP/0.9 by name', 'GET /x HTTP/0.9\r\nHost: a\r\n\r\n', 400],
  ['HTTP/1.2', 'GET /x HTTP/1.2\r\nHost: a\r\n\r\n', 400],
  ['HTTP/2.0', 'GET /x HTTP/2.0\r\nHost: a\r\n\r\n', 400],
  ['an unknown method', 'GETT /x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a method in lower case', 'get /x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['bare line feeds', 'GET /x HTTP/1.1\nHost: a\n\n', 400],
  ['one bare line feed', 'GET /x HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n', 400],
  ['a bare carriage return in a value', get('X: 1\rY: 2'), 400],
  ['a folded line', get('X: 1\r\n 2'), 400],
  ['a line folded by a tab', get('X: 1\r\n\t2'), 400],
  ['a folded first line', 'GET /x HTTP/1.1\r\n Host: a\r\n\r\n', 400],
  ['a space before the colon', get('X : 1'), 400],
  ['a tab before the colon', get('X\t: 1'), 400],
  ['a line without a colon', get('X'), 400],
  ['an empty name', get(': 1'), 400],
  ['a NUL in a value', get('X: 1\x002'), 400],
  ['a NUL in a name', get('X\x00: 1'), 400],
  ['a control character in a value', get('X: 1\x012'), 400],
  ['a delete character in a value', get('X: 1\x7f2'), 400],
  ['a byte above ASCII in a name', get('X\xe4: 1'), 400],
  ['a chunk size beyond every integer', chunked('fffffffffffffffff\r\nhello\r\n0\r\n\r\n'), 400],
  ['a chunk size with a plus', chunked('+5\r\nhello\r\n0\r\n\r\n'), 400],
  ['a second chunk size with a plus', chunked('5\r\nhello\r\n+5\r\nhello\r\n0\r\n\r\n'), 400],
  ['a chunk size with a minus', chunked('-5\r\nhello\r\n0\r\n\r\n'), 400],
  ['a chunk size with 0x', chunked('0x5\r\nhello\r\n0\r\n\r\n'), 400],
  ['a chunk size with an underscore', chunked('1_0\r\nhello\r\n0\r\n\r\n'), 400],
  ['a chunk size after a space', chunked(' 5\r\nhello\r\n0\r\n\r\n'), 400],
  ['a chunk size before a space', chunked('5 \r\nhello\r\n0\r\n\r\n'), 400],
  ['a chunk size that ends in a bare line feed', chunked('5\nhello\r\n0\r\n\r\n'), 400],
  ['a chunk longer than its size', chunked('5\r\nhelloworld\r\n0\r\n\r\n'), 400],
  ['a chunk that ends in a bare line feed', chunked('5\r\nhello\n0\r\n\r\n'), 400],
  ['an empty chunk size', chunked('\r\nhello\r\n0\r\n\r\n'), 400],
  ['a huge chunk extension', chunked(`5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`), 400],
  ['a header block above 16 KiB', get(...Array.from({ length: 20 }, (_, at) => `X-${at}: ${'1'.repeat(1000)}`)), 431],
  ['129 fields', get(...Array.from({ length: 128 }, (_, at) => `X-${at}: 1`)), 431],
  ['a target above 8 KiB', `GET /${'a'.repeat(8192)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ['another expectation', get('Expect: tea'), 417],
  ['an expectation beside 100-continue', get('Expect: 100-continue, tea'), 417],
];

function get(...fields: string[]): string {
  return ['GET /x HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n');
}

function post(...fields: string[]): string {
  return ['POST /x HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n');
}

function chunked(body: string): string {
  return post('Transfer-Encoding: chunked') + body;
}

/** The router in front of an echo upstream that everything leads to. */
async function setup() {
  const backend = await kit.upstream();
  const everything = sampleDeployment({
    context: '',
    upstream: { targets: [target(backend.port)] },
    routes: ['GET', 'POST', 'OPTIONS'].map((method) => ({ method, operationPath: '/*' })),
  });
  return { backend, router: await kit.traffic({ entries: [everything] }) };
}

/** Writes the pieces, each in a packet of its own; resolves to all that came back until the router closed. */
function converse(port: number, pieces: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    const [first = '', ...rest] = pieces;
    socket.write(first, 'latin1', () => {
      for (const piece of rest) setImmediate(() => void socket.write(piece, 'latin1'));
    });
  });
}

const BEFORE = 'GET /before HTTP/1.1\r\nHost: a\r\n\r\n';
const AFTER = 'GET /after HTTP/1.1\r\nHost: a\r\n\r\n';

test.each(REFUSED)('%s is refused, and nothing behind it is heard', async (_what, bytes, status) => {
  const { backend, router } = await setup();
  const alone = await converse(router.port, [bytes + AFTER, AFTER]);
  expect(alone).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*connection: close`));
  expect(alone.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  // What is due to an honest request is not taken away by what follows it.
  const behind = await converse(router.port, [BEFORE + bytes + AFTER]);
  expect(behind.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', `HTTP/1.1 ${status}`]);
  expect(backend.requests.map(({ url }) => url)).toEqual(['/before']);
  await waitFor(() => router.traffic.inFlight === 0, { what: 'nothing to be left in flight' });
});

test('of a request whose body is broken from its first byte on the upstream sees nothing, also on an open connection', async () => {
  const backend = await kit.tcp((socket) =>
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')),
  );
  const everything = sampleDeployment({
    context: '',
    upstream: { targets: [target(backend.port)] },
    routes: ['GET', 'POST'].map((method) => ({ method, operationPath: '/*' })),
  });
  const router = await kit.traffic({ entries: [everything] });
  const bytesSeen = (): number => backend.sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  expect(await (await fetch(`${router.url}/warm`)).text()).toBe('ok');
  const before = bytesSeen();
  expect(await converse(router.port, [chunked('+5\r\nhello\r\n0\r\n\r\n')])).toMatch(/^HTTP\/1\.1 400/);
  await waitFor(() => router.traffic.inFlight === 0, { what: 'nothing to be left in flight' });
  // Whatever was on its way has arrived when this answer is back.
  expect(await (await fetch(`${router.url}/after`)).text()).toBe('ok');
  expect(bytesSeen() - before).toBe(before + 1);
});

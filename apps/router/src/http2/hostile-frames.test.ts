import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';

import { waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { sampleApi, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

/** RFC 9113 §6 */
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const CONTINUATION = 9;
const END_STREAM = 1;
const END_HEADERS = 4;

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK without compression: pseudo-header fields of GET by the static table, the rest as literals. */
function block(path: string, fields: readonly (readonly [name: string, value: string])[] = []): Buffer {
  const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value, 'latin1')]);
  const literals = fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]);
  return Buffer.concat([Buffer.from([0x82, 0x86, 0x04]), text(path), Buffer.from([0x01]), text('a'), ...literals]);
}

const OPENING = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0)]);
const CODE = Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]);
const ITEMS = block('/w/v1.0/items');

/** A router that takes HTTP/2 without TLS, in front of an upstream that answers nothing. */
async function setup() {
  const backend = await kit.tcp((socket) => void socket.resume());
  const router = await kit.traffic({ entries: [sampleApi(backend.port)], router: { http_listener: { h2c: true } } });
  return { backend, router };
}

/** Writes bytes on a connection of its own; resolves when the router has ended it. */
function ended(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(Buffer.concat([OPENING, bytes])));
    kit.later(() => Promise.resolve(socket.destroy()));
    socket
      .on('error', () => undefined)
      .once('close', () => resolve())
      .resume();
  });
}

/** What came back on a connection that is still open. */
async function answers(port: number, bytes: Buffer, enough: (received: Buffer) => boolean): Promise<Buffer> {
  let received = Buffer.alloc(0);
  const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.concat([OPENING, bytes])));
  kit.later(() => Promise.resolve(socket.destroy()));
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
  await waitFor(() => enough(received), { what: 'the answer' });
  return received;
}

async function healthy(url: string): Promise<void> {
  const client = connectHttp2(url);
  const stream = client.request({ ':path': '/_gateway-health/ready' });
  const status = await new Promise((resolve) => stream.once('response', (headers) => resolve(headers[':status'])));
  client.destroy();
  expect(status).toBe(200);
}

const times = (count: number, each: (at: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, at) => each(at)));

test('streams that are opened and reset at once end the connection before many upstream requests are made', async () => {
  const { backend, router } = await setup();
  const rapid = times(5000, (at) =>
    Buffer.concat([frame(HEADERS, END_STREAM | END_HEADERS, at * 2 + 1, ITEMS), frame(RST_STREAM, 0, at * 2 + 1, CODE)]),
  );
  await ended(router.port, rapid);
  await waitFor(() => router.traffic.inFlight === 0, { what: 'every exchange to end' });
  expect(backend.sockets.length).toBeLessThan(500);
  await healthy(router.url);
});

test.each([
  ['settings without end', times(20_000, () => frame(SETTINGS, 0, 0))],
  ['pings without end', times(20_000, () => frame(PING, 0, 0, Buffer.alloc(8)))],
  [
    'a header block without end',
    Buffer.concat([
      frame(HEADERS, END_STREAM, 1, ITEMS),
      times(2000, (at) =>
        frame(CONTINUATION, 0, 1, Buffer.concat([Buffer.from([0, 2]), Buffer.from(`x${at % 10}`), Buffer.from([1, 0x31])])),
      ),
    ]),
  ],
  ['an unknown stream', frame(DATA, 0, 7, Buffer.from('x'))],
  ['a frame larger than agreed', frame(HEADERS, END_STREAM | END_HEADERS, 1, Buffer.alloc(20_000))],
  ['a header block that is none', frame(HEADERS, END_STREAM | END_HEADERS, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))],
  ['no preface but bytes like it', Buffer.from('garbage garbage garbage')],
])('%s: the connection ends, and nobody else notices', async (_what, bytes) => {
  const { backend, router } = await setup();
  await ended(router.port, bytes);
  expect(backend.sockets).toEqual([]);
  await healthy(router.url);
});

test.each<[string, [name: string, value: string]]>([
  ['Connection', ['connection', 'close']],
  ['Transfer-Encoding', ['transfer-encoding', 'chunked']],
  ['Upgrade', ['upgrade', 'websocket']],
  ['Keep-Alive', ['keep-alive', 'timeout=5']],
  ['Proxy-Connection', ['proxy-connection', 'keep-alive']],
  ['TE with more than trailers', ['te', 'gzip']],
  ['an upper-case name', ['X-Upper', '1']],
  ['a second :path', [':path', '/other']],
  ['an unknown pseudo-header field', [':protocol', 'websocket']],
  ['a length that is no number', ['content-length', '1x']],
])('%s resets the stream: no upstream hears of it', async (_what, field) => {
  const { backend, router } = await setup();
  const bytes = frame(HEADERS, END_STREAM | END_HEADERS, 1, block('/w/v1.0/items', [field]));
  const reset = frame(RST_STREAM, 0, 1, Buffer.alloc(4)).subarray(3, 9);
  await answers(router.port, bytes, (received) => received.includes(reset));
  expect(backend.sockets).toEqual([]);
});

test.each<[string, [name: string, value: string]]>([
  ['a line break in a value', ['x-odd', 'a\r\nHost: odd']],
  ['a NUL in a value', ['x-odd', 'a\0b']],
  ['a colon in a name', ['x-odd:y', '1']],
  ['a space in a name', ['x-odd ', '1']],
])('%s: nghttp2 leaves the field out, and no upstream hears of it', async (_what, field) => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)], router: { http_listener: { h2c: true } } });
  await answers(
    router.port,
    frame(HEADERS, END_STREAM | END_HEADERS, 1, block('/w/v1.0/items', [field, ['x-good', '1']])),
    () => backend.requests.length === 1,
  );
  expect(backend.requests[0]?.headers['x-good']).toBe('1');
  expect(backend.requests[0]?.rawHeaders.filter((text) => text.includes('odd'))).toEqual([]);
});

import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testCertificate, waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { rawRequest, type TestSetup } from '../testing/start-traffic.ts';
import { getRequest, sampleApi, samplePolicy, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

const ITEMS = { ':path': '/w/v1.0/items' };
const FILE = { ':path': '/w/v1.0/files/x' };

/** A router that takes HTTP/2 on its plain port, and one connection to it. */
async function setup(setup: TestSetup) {
  const router = await kit.traffic({ ...setup, router: { ...setup.router, http_listener: { h2c: true } } });
  return { router, client: dial(`http://127.0.0.1:${router.port}`) };
}

function dial(url: string, options: Parameters<typeof connect>[1] = {}): ClientHttp2Session {
  const client = connect(url, options);
  client.on('error', () => undefined);
  kit.later(() => Promise.resolve(client.destroy()));
  return client;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** NGHTTP2_NO_ERROR = 0 */
  readonly code: number;
}

function ask(client: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string | Buffer): Promise<Answer> {
  return answerOf(client.request(headers, { endStream: body === undefined }).end(body));
}

function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve) => {
    let headers: IncomingHttpHeaders = {};
    let body = '';
    stream.on('response', (received) => (headers = received)).on('error', () => undefined);
    stream.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
    stream.on('close', () => resolve({ status: Number(headers[':status'] ?? 0), headers, body, code: stream.rstCode }));
  });
}

test('by ALPN on the TLS port: in the terms of HTTP/1.1 upstream, and back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-http2-'));
  kit.later(() => Promise.resolve(rmSync(folder, { recursive: true })));
  const paths = { cert_path: join(folder, 'cert.pem'), key_path: join(folder, 'key.pem') };
  const { cert, private: key } = await testCertificate([]);
  writeFileSync(paths.cert_path, cert);
  writeFileSync(paths.key_path, key);
  const backend = await kit.upstream({
    answer: (_request, response) => {
      const fields = ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'ETag', '"1"', 'ETag', '"2"', 'Keep-Alive', 'timeout=9'];
      response.writeHead(203, 'Fine', [...fields, 'X-Hop', '1', 'Connection', 'X-Hop', 'Server', 'backend', '__proto__', 'kept']);
      response.end('hello');
    },
  });
  const https = { https_enabled: true, https_port: 0, downstream_tls: { ...paths, reload_interval: 1000 } };
  const router = await kit.traffic({ entries: [sampleApi(backend.port)], router: https });
  const client = dial(`https://localhost:${router.tlsPort}`, { ca: cert });
  const answer = await ask(client, {
    ...ITEMS,
    ':authority': 'api.example.com:8443',
    cookie: ['a=1', 'b=2'],
    te: 'trailers',
    'x-many': ['1', '2'],
    'x-request-id': 'mine-1',
    'x-forwarded-for': '6.6.6.6',
  });
  expect(client.alpnProtocol).toBe('h2');
  expect(answer).toMatchObject({ status: 203, body: 'hello', code: 0 });
  expect(answer.headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], etag: '"1", "2"', server: 'tidegate' });
  for (const name of ['keep-alive', 'x-hop', 'connection', 'transfer-encoding']) expect(answer.headers[name]).toBeUndefined();

  const [request] = backend.requests;
  expect(request?.url).toBe('/api/items');
  expect(request?.headers).toMatchObject({
    host: '127.0.0.1',
    cookie: 'a=1; b=2',
    'x-many': '1, 2',
    'x-request-id': 'mine-1',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': 'api.example.com:8443',
    'x-forwarded-proto': 'https',
  });
  expect(request?.rawHeaders.filter((text) => text.startsWith(':') || text.toLowerCase() === 'te')).toEqual([]);
  client.close();
  await router.traffic.drain(0);
  expect(router.lines()).toMatchObject([
    { status: 203, requestId: 'mine-1', method: 'GET', aborted: false, host: 'api.example.com:8443' },
  ]);
});

test('without TLS by prior knowledge, if enabled, beside HTTP/1.1 on one port', async () => {
  const backend = await kit.upstream({ answer: (_request, response) => void response.end('ok') });
  const { router, client } = await setup({ entries: [sampleApi(backend.port)] });
  expect(await ask(client, ITEMS)).toMatchObject({ status: 200, body: 'ok' });
  expect(await rawRequest(router.port, getRequest('/w/v1.0/items'))).toMatch(/^HTTP\/1\.1 200 /);
  const slow = connectTcp(router.port, '127.0.0.1', () => slow.write('P'));
  slow.setEncoding('latin1');
  const rest = getRequest('/w/v1.0/files/x').replace('GET', 'OST');
  await waitFor(() => slow.bytesWritten === 1, { what: 'the first byte to leave' });
  slow.write(rest.replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n'));
  expect(await new Promise((resolve) => slow.once('data', resolve))).toMatch(/^HTTP\/1\.1 200 /);
  expect(backend.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST']);

  const closed = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const refused = dial(`http://127.0.0.1:${closed.port}`);
  expect((await ask(refused, ITEMS)).status).toBe(0);
  expect(backend.requests).toHaveLength(3);
});

test('policies see and change it like any request', async () => {
  const backend = await kit.upstream({ answer: (request, response) => void response.end(request.body) });
  const runtimes = [
    samplePolicy('guard', {
      requestHeaders: (exchange) =>
        exchange.requestHeader('x-key') === 'good' ? undefined : { status: 401, headers: [], body: 'no' },
      requestBody: (exchange, body) => {
        exchange.upstream.body = Buffer.from(`${exchange.scheme} ${exchange.host} ${Buffer.from(body ?? []).toString()}`);
        return undefined;
      },
      responseHeaders: (exchange) => exchange.addResponseHeader('x-status', String(exchange.response?.status)),
      responseBody: (_exchange, body) =>
        Buffer.from(
          Buffer.from(body ?? [])
            .toString()
            .toUpperCase(),
        ),
    }),
  ];
  const { client } = await setup({ entries: [sampleApi(backend.port, { policies: [{ name: 'guard' }] })], runtimes });
  const post = { ':path': '/w/v1.0/files/x', ':method': 'POST', ':authority': 'a' };
  expect(await ask(client, post, 'text')).toMatchObject({ status: 401, body: 'no' });
  const answer = await ask(client, { ...post, 'x-key': 'good' }, 'text');
  expect(answer).toMatchObject({ status: 200, body: 'HTTP A TEXT', headers: { 'x-status': '200', 'content-length': '11' } });
});

test('uploads and downloads of some MiB pass unchanged, many at once on one connection', async () => {
  const backend = await kit.upstream({ answer: (request, response) => void response.end(request.body) });
  const { client } = await setup({ entries: [sampleApi(backend.port)] });
  const body = randomBytes(1024 * 1024).toString('base64');
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  const post = { ':path': '/w/v1.0/files/x', ':method': 'POST' };
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, at) => ask(client, at % 2 === 0 ? post : { ...post, 'content-length': body.length }, body)),
  );
  expect(answers.map((answer) => digest(answer.body))).toEqual(answers.map(() => digest(body)));
  const framed = backend.requests.map(({ headers }) => [headers['content-length'], headers['transfer-encoding']].join());
  expect(new Set(framed)).toEqual(new Set([`${body.length},`, ',chunked']));
});

test('HEAD, 204, 304 and empty bodies', async () => {
  const backend = await kit.upstream({
    answer: (request, response) => {
      const status = Number(/\d{3}$/.exec(request.url)?.[0] ?? 200);
      response.writeHead(status, status === 200 ? { 'content-length': '5' } : {});
      response.end(request.method === 'HEAD' || status !== 200 ? undefined : 'hello');
    },
  });
  const { client } = await setup({ entries: [sampleApi(backend.port)] });
  const at = (method: string, status: number) => ask(client, { ':method': method, ':path': `/w/v1.0/files/${status}` });
  expect(await at('HEAD', 200)).toMatchObject({ status: 200, body: '', code: 0, headers: { 'content-length': '5' } });
  expect(await at('GET', 204)).toMatchObject({ status: 204, body: '', code: 0 });
  expect(await at('GET', 304)).toMatchObject({ status: 304, body: '', code: 0 });
  expect(await at('GET', 200)).toMatchObject({ status: 200, body: 'hello', code: 0 });
});

test('trailers are dropped, both ways; 100-continue invites; interim answers stay behind', async () => {
  const backend = await kit.upstream({
    answer: (request, response) => {
      response.writeEarlyHints({ link: '</x>; rel=preload' });
      response.writeHead(200, { trailer: 'x-late' });
      response.write(request.body);
      response.addTrailers({ 'x-late': '1' });
      response.end();
    },
  });
  const { client } = await setup({ entries: [sampleApi(backend.port)] });
  const post = { ':path': '/w/v1.0/files/x', ':method': 'POST', expect: '100-continue' };
  const stream = client.request(post, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-early': '1' }));
  const interim: unknown[] = [];
  const late: unknown[] = [];
  stream.on('headers', (headers) => interim.push(headers[':status'])).on('trailers', (trailers) => late.push(trailers));
  const answered = answerOf(stream);
  await waitFor(() => interim.length === 1, { what: 'the invitation' });
  stream.end('text');
  expect(await answered).toMatchObject({ status: 200, body: 'text', code: 0 });
  expect([interim, late]).toEqual([[100], []]);
  expect(backend.requests[0]?.headers).not.toMatchObject({ expect: expect.anything() });
});

test.each<[what: string, headers: OutgoingHttpHeaders, status: number]>([
  ['another Host than :authority', { ':authority': 'a', host: 'b' }, 400],
  // 0 = the stream is reset: nghttp2 has found it malformed.
  ['a malformed :authority', { ':authority': 'a/b' }, 0],
  ['user information in :authority', { ':authority': 'u@a' }, 0],
  ['a path above the root', { ':path': '/../x' }, 400],
  ['an absolute :path', { ':path': 'http://b/x' }, 0],
  ['an asterisk', { ':path': '*', ':method': 'OPTIONS' }, 400],
  ['a fragment', { ':path': '/a#b' }, 400],
  ['another scheme', { ':scheme': 'ftp' }, 400],
  ['a long target', { ':path': `/${'a'.repeat(9000)}` }, 414],
  ['many fields', Object.fromEntries(Array.from({ length: 140 }, (_, at) => [`x-${at}`, '1'])), 431],
  ['a large head', { x: '1'.repeat(30_000) }, 431],
  ['gRPC', { ':method': 'POST', 'content-type': 'application/grpc+proto' }, 415],
  ['another expectation', { expect: 'tea' }, 417],
])('%s is refused, and the connection goes on', async (_what, headers, status) => {
  const backend = await kit.upstream();
  const { client } = await setup({ entries: [sampleApi(backend.port)] });
  expect(await ask(client, { ...ITEMS, ...headers })).toMatchObject({ status, body: '' });
  expect(backend.requests).toEqual([]);
  expect((await ask(client, ITEMS)).status).toBe(200);
});

test('a body that is not as long as it says is never passed on as whole', async () => {
  const backend = await kit.upstream();
  const { client } = await setup({ entries: [sampleApi(backend.port)] });
  const post = { ':path': '/w/v1.0/files/x', ':method': 'POST', 'content-length': '10' };
  for (const body of ['short', 'GET /api/smuggled HTTP/1.1\r\nHost: b\r\n\r\n']) {
    expect((await ask(client, post, body)).code).not.toBe(constants.NGHTTP2_NO_ERROR);
  }
  expect(backend.requests).toEqual([]);
});

test('a client that resets its stream takes the upstream connection along', async () => {
  for (const begin of ['', 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nstart']) {
    const backend = await kit.tcp((socket) => socket.once('data', () => void socket.write(begin)));
    const { router, client } = await setup({ entries: [sampleApi(backend.port)] });
    const stream = client.request(ITEMS).on('error', () => undefined);
    if (begin === '') await waitFor(() => backend.sockets[0]?.bytesRead, { what: 'the request to arrive' });
    else await new Promise<void>((resolve) => stream.once('data', () => resolve()));
    stream.close(constants.NGHTTP2_CANCEL);
    await waitFor(() => backend.sockets[0]?.destroyed === true, { what: 'the upstream connection to be closed' });
    await waitFor(() => router.lines().some(({ aborted }) => aborted), { what: 'an access line' });
    expect(router.lines()).toMatchObject([{ status: begin === '' ? 0 : 200, reason: begin === '' ? 'client_gone' : null }]);
    expect(router.traffic.inFlight).toBe(0);
  }
});

test.each([
  ['resets before an answer', '', 502, 0],
  ['resets in the middle', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart', 200, constants.NGHTTP2_INTERNAL_ERROR],
  [
    'resets in the middle of chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n',
    200,
    constants.NGHTTP2_INTERNAL_ERROR,
  ],
  ['frames twice', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 502, 0],
  ['switches protocols', 'HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 502, 0],
])('an upstream that %s', async (_what, bytes, status, code) => {
  const backend = await kit.tcp((socket) => socket.once('data', () => socket.write(bytes, () => socket.resetAndDestroy())));
  const { client } = await setup({ entries: [sampleApi(backend.port)] });
  expect(await ask(client, { ':path': '/w/v1.0/files/x', ':method': 'POST' }, 'x')).toMatchObject({ status, code });
});

test('an upstream that is silent is 504, one that is not there 503', async () => {
  const silent = await kit.tcp((socket) => void socket.resume());
  const slow = await setup({ entries: [sampleApi(silent.port, { timeoutMs: 60 })] });
  expect(await ask(slow.client, FILE)).toMatchObject({ status: 504, body: '{"error":"Gateway Timeout"}' });
  await silent.close();
  const gone = await setup({ entries: [sampleApi(silent.port)] });
  expect(await ask(gone.client, ITEMS)).toMatchObject({ status: 503, body: '{"error":"Service Unavailable"}' });
});

test('a client that does not read stops the upstream, and the other streams go on', async () => {
  const total = 64 * 1024 * 1024;
  let sent = 0;
  const backend = await kit.upstream({
    answer: (request, response) => {
      if (request.url.endsWith('/items')) return void response.end('ok');
      const block = Buffer.alloc(64 * 1024, 'x');
      const more = (): void => {
        while (sent < total) {
          sent += block.length;
          if (!response.write(block)) return;
        }
        response.end();
      };
      response.on('drain', more);
      more();
    },
  });
  const { client } = await setup({ entries: [sampleApi(backend.port)] });
  const stream = client.request({ ':path': '/w/v1.0/files/large' });
  await new Promise<void>((resolve) => stream.once('response', () => resolve()));
  let [level, looks] = [0, 0];
  const rests = (): boolean => {
    looks = sent === level ? looks + 1 : 0;
    level = sent;
    return looks >= 10;
  };
  await waitFor(rests, { what: 'the upstream to be stopped' });
  expect(sent).toBeLessThan(total / 2);
  expect(await ask(client, ITEMS)).toMatchObject({ status: 200, body: 'ok' });
  let received = 0;
  stream.on('data', (chunk: Buffer) => (received += chunk.length));
  await new Promise<void>((resolve) => stream.once('close', () => resolve()));
  expect(received).toBe(total);
});

test('draining: GOAWAY, streams under way finish, new connections are not accepted', async () => {
  let finish: () => void = () => undefined;
  const backend = await kit.upstream({
    answer: (_request, response) => {
      finish = () => void response.end('done');
    },
  });
  const { router, client } = await setup({ entries: [sampleApi(backend.port)] });
  const goaway = new Promise<number>((resolve) => client.once('goaway', resolve));
  const answer = ask(client, ITEMS);
  await waitFor(() => backend.requests.length === 1, { what: 'the request to arrive' });
  const drained = router.traffic.drain(10_000);
  expect(await goaway).toBe(constants.NGHTTP2_NO_ERROR);
  finish();
  expect(await answer).toMatchObject({ status: 200, body: 'done', code: 0 });
  expect(await drained).toBe(0);
});

test('a drain that is announced tells clients to go elsewhere, and serves what they still send', async () => {
  const backend = await kit.upstream({ answer: (_request, response) => void response.end('ok') });
  const { router, client } = await setup({ entries: [sampleApi(backend.port)] });
  expect((await ask(client, ITEMS)).status).toBe(200);
  const goaway = new Promise<number>((resolve) => client.once('goaway', resolve));
  router.traffic.announceDrain();
  expect(await ask(client, ITEMS)).toMatchObject({ status: 200, body: 'ok', code: 0 });
  expect(await goaway).toBe(constants.NGHTTP2_NO_ERROR);
  expect((await ask(dial(router.url), ITEMS)).status).toBe(200);
});

test('draining cuts streams that do not end in time, and connections that say nothing', async () => {
  const backend = await kit.tcp((socket) => void socket.resume());
  const { router, client } = await setup({ entries: [sampleApi(backend.port)] });
  const answer = ask(client, ITEMS);
  const silent = connectTcp(router.port, '127.0.0.1');
  const closed = new Promise<void>((resolve) => silent.on('error', () => undefined).once('close', () => resolve()));
  await waitFor(() => backend.sockets.length === 1, { what: 'the request to arrive' });
  expect(await router.traffic.drain(50)).toBe(1);
  expect((await answer).status).toBe(0);
  await closed;
});

test('a client may have so many streams at once, and no more reach an upstream', async () => {
  const backend = await kit.tcp((socket) => void socket.resume());
  const { router, client } = await setup({ entries: [sampleApi(backend.port)] });
  await new Promise<void>((resolve) => client.once('remoteSettings', () => resolve()));
  expect(client.remoteSettings.maxConcurrentStreams).toBe(128);
  for (let at = 0; at < 200; at++) void ask(client, ITEMS);
  await waitFor(() => backend.sockets.length >= 128, { what: 'as many as may' });
  // A round trip later everything the client had to say has been heard.
  await new Promise<void>((resolve) => void client.ping(() => resolve()));
  expect([router.traffic.inFlight, backend.sockets.length]).toEqual([128, 128]);
  // A client that goes takes its streams back one by one, and those that waited may come in their place.
  client.destroy();
  await waitFor(() => router.traffic.inFlight === 0, { what: 'all to end' });
});

import { connect, type Socket } from 'node:net';

import { waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { sampleDeployment } from '../testing/sample-held.ts';
import { rawRequest } from '../testing/start-traffic.ts';
import { samplePolicy, target, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

const ACCEPT =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade, X-Hop\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Hop: 1\r\n\r\n';

/** An API with `/ws`, that may be upgraded, and `/plain`, that may not. */
function api(port: number, { policies = [], idleTimeoutMs }: { policies?: string[]; idleTimeoutMs?: number } = {}) {
  return sampleDeployment({
    context: '/live',
    upstream: { basePath: '/api', targets: [target(port)] },
    policies: policies.map((name) => ({ name })),
    routes: [
      { method: 'GET', operationPath: '/ws', upgrades: ['websocket'], ...(idleTimeoutMs !== undefined && { idleTimeoutMs }) },
      { method: 'GET', operationPath: '/plain' },
    ],
  });
}

function handshake(path = '/live/ws', fields: readonly string[] = [], upgrade = 'websocket'): string {
  const named = [`Upgrade: ${upgrade}`, 'Connection: keep-alive, Upgrade, X-Mine', 'X-Mine: 1'];
  const key = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13'];
  return `GET ${path} HTTP/1.1\r\n${['Host: a', ...named, ...key, ...fields].join('\r\n')}\r\n\r\n`;
}

/** An upstream that agrees to every handshake and sends back what comes after it, byte for byte. */
async function echoingUpstream(accept = ACCEPT) {
  const heads: string[] = [];
  const backend = await kit.tcp((socket) => {
    let head = '';
    socket.on('data', (chunk: Buffer) => {
      if (head.endsWith('\r\n\r\n')) return void socket.write(chunk);
      head += chunk.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      heads.push(head);
      socket.write(accept, 'latin1');
    });
    socket.on('end', () => socket.end());
  });
  return { ...backend, heads };
}

/** A client's raw connection, and all that came back on it. */
async function rawClient(
  port: number,
  bytes: string,
): Promise<{ socket: Socket; received: () => string; closed: () => boolean }> {
  let received = '';
  let closed = false;
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  socket.on('data', (chunk: string) => (received += chunk));
  socket.on('error', () => undefined).on('close', () => (closed = true));
  kit.later(() => Promise.resolve(socket.destroy()));
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(bytes, 'latin1');
  return { socket, received: () => received, closed: () => closed };
}

test('an operation that allows it: the handshake is routed and seen by policies, then bytes pass both ways', async () => {
  const backend = await echoingUpstream();
  const marks = samplePolicy('marks', {
    requestHeaders: (exchange) => {
      exchange.setUpstreamHeader('x-user', 'ada');
      return undefined;
    },
    responseHeaders: (exchange) => exchange.addResponseHeader('x-seen', String(exchange.response?.status)),
    responseBody: () => Buffer.from('no policy sees what comes behind a switch'),
  });
  const router = await kit.traffic({ entries: [api(backend.port, { policies: ['marks'] })], runtimes: [marks] });
  // What a client sends without waiting for the answer belongs to the other protocol too.
  const client = await rawClient(router.port, `${handshake('/live/ws?room=1')}early `);
  await waitFor(() => client.received().endsWith('early '), { what: 'the early bytes to come back' });
  client.socket.write('more \x00\xff\r\n\r\n', 'latin1');
  await waitFor(() => client.received().endsWith('more \x00\xff\r\n\r\n'), { what: 'the bytes to come back' });

  const [head = '', ...rest] = client.received().split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
  expect(
    head
      .toLowerCase()
      .match(/^(connection|upgrade|x-seen|server|sec-websocket-accept|x-hop): .*$/gm)
      ?.sort(),
  ).toEqual([
    'connection: upgrade',
    'sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=',
    'server: tidegate',
    'upgrade: websocket',
    'x-seen: 101',
  ]);
  expect(rest.join('\r\n\r\n')).toBe('early more \x00\xff\r\n\r\n');
  const [asked = ''] = backend.heads;
  expect(asked).toMatch(/^GET \/api\/ws\?room=1 HTTP\/1\.1\r\n/);
  const fields = asked.toLowerCase().match(/^(connection|upgrade|x-user|x-mine|sec-websocket-[a-z]+|keep-alive): .*$/gm);
  expect(fields?.sort()).toEqual([
    'connection: upgrade',
    'sec-websocket-key: dghlihnhbxbszsbub25jzq==',
    'sec-websocket-version: 13',
    'upgrade: websocket',
    'x-user: ada',
  ]);
  expect(router.traffic.inFlight).toBe(1);

  client.socket.end();
  await waitFor(() => backend.sockets[0]?.destroyed === true && client.closed(), { what: 'both sides to be closed' });
  await waitFor(() => router.traffic.inFlight === 0, { what: 'the exchange to end' });
  await router.traffic.drain(0);
  expect(router.lines()).toMatchObject([{ status: 101, path: '/live/ws', aborted: false, tunnel: { up: 17, down: 17 } }]);
});

test('an upstream that ends takes the client along, after its last bytes', async () => {
  const backend = await kit.tcp((socket) => socket.once('data', () => socket.end(`${ACCEPT}bye`, 'latin1')));
  const router = await kit.traffic({ entries: [api(backend.port)] });
  expect(await rawRequest(router.port, handshake())).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\nbye$/);
});

test.each([
  ['an operation that does not allow it', handshake('/live/plain'), 403],
  ['another protocol', handshake('/live/ws', [], 'chat'), 403],
  ['no operation at all', handshake('/elsewhere'), 404],
  ['a body', handshake('/live/ws', ['Content-Length: 5']) + 'hello', 400],
  ['a chunked body', handshake('/live/ws', ['Transfer-Encoding: chunked']) + '0\r\n\r\n', 400],
])('%s: refused, closed, and no upstream hears of it', async (_what, bytes, status) => {
  const backend = await echoingUpstream();
  const router = await kit.traffic({ entries: [api(backend.port)] });
  const answer = await rawRequest(router.port, `${bytes}GET /live/plain HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(answer.toLowerCase()).toContain('connection: close');
  expect(backend.sockets).toEqual([]);
});

test('a policy that refuses the handshake answers it', async () => {
  const backend = await echoingUpstream();
  const guard = samplePolicy('guard', { requestHeaders: () => ({ status: 401, headers: [], body: 'no' }) });
  const router = await kit.traffic({ entries: [api(backend.port, { policies: ['guard'] })], runtimes: [guard] });
  expect(await rawRequest(router.port, handshake())).toMatch(/^HTTP\/1\.1 401 [^]*\r\n\r\nno$/);
  expect(backend.sockets).toEqual([]);
});

test('an upstream that does not switch is answered with what it says, and the connection closed', async () => {
  const refusal = 'HTTP/1.1 426 Upgrade Required\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsorry\r\n0\r\n\r\n';
  const backend = await echoingUpstream(refusal);
  const router = await kit.traffic({ entries: [api(backend.port)] });
  const answer = await rawRequest(router.port, `${handshake()}GET /live/plain HTTP/1.1\r\nHost: a\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n[^]*\r\n\r\n5\r\nsorry\r\n0\r\n\r\n$/);
  expect(backend.heads).toHaveLength(1);
});

test('an upstream that switches to something else is 502', async () => {
  const backend = await echoingUpstream(ACCEPT.replace('WebSocket', 'chat'));
  const router = await kit.traffic({ entries: [api(backend.port)] });
  expect(await rawRequest(router.port, handshake())).toMatch(/^HTTP\/1\.1 502 /);
  await waitFor(() => backend.sockets[0]?.destroyed, { what: 'the upstream connection to be closed' });
});

test('h2c is not asked for upstream, nor an answer to the client: the request is served as it is', async () => {
  const backend = await kit.upstream({ answer: (request, response) => void response.end(JSON.stringify(request.headers)) });
  const router = await kit.traffic({ entries: [api(backend.port)] });
  for (const path of ['/live/plain', '/live/ws']) {
    const bytes = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`;
    expect(await rawRequest(router.port, bytes, /\}/)).toMatch(/^HTTP\/1\.1 200 /);
  }
  for (const { headers } of backend.requests) expect(headers).not.toMatchObject({ upgrade: expect.anything() });
  expect(backend.requests.map(({ headers }) => headers['http2-settings'])).toEqual([undefined, undefined]);
});

test('a handshake sent ahead of its turn waits, or ends the connection: its bytes never mix with an answer', async () => {
  const backend = await kit.tcp((socket) =>
    socket.once('data', (head: Buffer) =>
      socket.write(head.includes('/ws') ? ACCEPT : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'latin1'),
    ),
  );
  const router = await kit.traffic({ entries: [api(backend.port)] });
  const answer = await rawRequest(
    router.port,
    `GET /live/plain HTTP/1.1\r\nHost: a\r\n\r\n${handshake()}`,
    /(101|400) [^]*\r\n\r\n/,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nokHTTP\/1\.1 (101|400) /);
});

test('a tunnel passes what its reader takes, no faster, and nothing is lost', async () => {
  const MIB = 1024 * 1024;
  const total = 64 * MIB;
  let sent = 0;
  const backend = await kit.tcp((socket) => {
    socket.once('data', () => {
      socket.write(ACCEPT);
      const block = Buffer.alloc(64 * 1024, 'x');
      const more = (): void => {
        while (sent < total) {
          sent += block.length;
          if (!socket.write(block)) return;
        }
        socket.end();
      };
      socket.on('drain', more);
      more();
    });
  });
  const router = await kit.traffic({ entries: [api(backend.port)] });
  const client = connect(router.port, '127.0.0.1', () => client.write(handshake()));
  let received = 0;
  await new Promise<void>((resolve) => client.once('readable', resolve));
  // Nobody reads: what is sent comes to rest once all buffers are full.
  let [level, looks] = [0, 0];
  const rests = (): boolean => {
    looks = sent === level ? looks + 1 : 0;
    level = sent;
    return looks >= 10;
  };
  await waitFor(rests, { what: 'the upstream to be stopped' });
  expect(sent).toBeLessThan(total / 2);
  client.on('data', (chunk: Buffer) => (received += chunk.length));
  await new Promise<void>((resolve) => client.once('close', () => resolve()));
  expect(received).toBeGreaterThan(total);
  expect(received).toBeLessThan(total + 1000);
});

test('a tunnel in which nothing moves is cut after the idle timeout of its operation', async () => {
  const backend = await echoingUpstream();
  const router = await kit.traffic({ entries: [api(backend.port, { idleTimeoutMs: 100 })] });
  expect(await rawRequest(router.port, handshake())).toMatch(/^HTTP\/1\.1 101 /);
  await waitFor(() => backend.sockets[0]?.destroyed, { what: 'the upstream side to be closed' });
});

test('draining leaves tunnels their time, and cuts those that do not end in it', async () => {
  const backend = await echoingUpstream();
  for (const ends of [true, false]) {
    const router = await kit.traffic({ entries: [api(backend.port)] });
    const client = await rawClient(router.port, handshake());
    await waitFor(() => client.received().includes('101'), { what: 'the switch' });
    const drained = router.traffic.drain(ends ? 60_000 : 50);
    client.socket.write('still');
    if (ends) {
      await waitFor(() => client.received().endsWith('still'), { what: 'the bytes to come back while draining' });
      client.socket.end();
    }
    expect(await drained).toBe(ends ? 0 : 1);
  }
});

import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { HostRewrite } from '@tidegate/gateway-ir';
import { type RecordedRequest, waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { rawRequest } from './testing/start-traffic.ts';
import { getRequest, sampleApi, target, trafficKit } from './testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

/** What the echo upstream got, through the router. */
async function echoed(url: string, init: RequestInit = {}): Promise<RecordedRequest> {
  const response = await fetch(url, init);
  expect(response.status).toBe(200);
  return (await response.json()) as RecordedRequest;
}

test.each([
  ['/w/v1.0', '/api/'],
  ['/w/v1.0/', '/api/'],
  ['/w/v1.0/items?x=1&x=2', '/api/items?x=1&x=2'],
  ['/w/v1.0/items/', '/api/items/'],
  ['/w/v1.0/items/a%2Fb', '/api/items/a%2Fb'],
  ['/w/v1.0/files', '/api/files'],
  ['/w/v1.0/files/', '/api/files/'],
  ['/w/v1.0/files/a/b', '/api/files/a/b'],
  ['//w//v1.0/./items', '/api/items'],
  ['/w/v1.0/items?', '/api/items?'],
  ['/w/v1.0/items?q=%7b\'"|{}[]\\^`<>&&=%zz?/', '/api/items?q=%7b\'"|{}[]\\^`<>&&=%zz?/'],
])('%s goes upstream as %s', async (path, expected) => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const answer = await rawRequest(router.port, getRequest(path));
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(backend.requests[0]?.url).toBe(expected);
});

test('headers: own ones set, hop-by-hop ones dropped, the rest passes both ways', async () => {
  const backend = await kit.upstream({
    answer: (request, response) => {
      response.writeHead(
        203,
        'Fine',
        [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['Server', 'backend'],
          ['X-Hop', 'h'],
          ['Connection', 'X-Hop'],
          ['X-Case', 'kept'],
        ].flat(),
      );
      response.end(JSON.stringify(request));
    },
  });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const headers = [
    'X-Request-Id: mine-1',
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-Host: evil',
    'TE: trailers',
    'Proxy-Authorization: x',
    'X-Named: n',
    'Connection: X-Named',
    'X-Many: 1',
    'X-Many: 2',
    'Authorization: keep',
  ];
  const answer = await rawRequest(router.port, getRequest('/w/v1.0/items', headers));
  expect(answer).toMatch(/^HTTP\/1\.1 203 Fine\r\n/);
  expect(answer).toMatch(/Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
  expect(answer).toMatch(/server: tidegate\r\n/);
  expect(answer).not.toMatch(/backend|X-Hop/);
  const got = backend.requests[0]?.headers ?? {};
  expect(got).toMatchObject({
    host: '127.0.0.1',
    'x-request-id': 'mine-1',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': 'a',
    'x-forwarded-proto': 'http',
    authorization: 'keep',
    'x-many': '1, 2',
  });
  for (const name of ['te', 'proxy-authorization', 'x-named']) expect(got[name]).toBeUndefined();
});

test('a trusted proxy is believed', async () => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)], router: { trusted_proxies: ['127.0.0.0/8'] } });
  const { headers } = await echoed(`${router.url}/w/v1.0/items`, {
    headers: { 'x-forwarded-for': '6.6.6.6, 9.9.9.9', 'x-forwarded-proto': 'https' },
  });
  expect(headers).toMatchObject({ 'x-forwarded-for': '6.6.6.6, 9.9.9.9, 127.0.0.1', 'x-forwarded-proto': 'https' });
  expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});

test('manual host rewriting passes the client’s Host on', async () => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { upstream: { hostRewrite: HostRewrite.MANUAL } })] });
  await rawRequest(router.port, getRequest('/w/v1.0/items'));
  expect(backend.requests[0]?.headers.host).toBe('a');
});

test('uploads and downloads of some MiB pass unchanged, with a length and in chunks', async () => {
  const backend = await kit.upstream({ answer: (request, response) => void response.end(request.body) });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const bytes = randomBytes(3 * 1024 * 1024).toString('base64');
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  for (const body of [bytes, new Blob([bytes]).stream()]) {
    const response = await fetch(`${router.url}/w/v1.0/files/up`, { method: 'POST', body, duplex: 'half' });
    expect(digest(await response.text())).toBe(digest(bytes));
  }
  expect(backend.requests.map(({ headers }) => [headers['content-length'], headers['transfer-encoding']])).toEqual([
    [String(bytes.length), undefined],
    [undefined, 'chunked'],
  ]);
});

test.each(['DELETE', 'OPTIONS', 'GET'])(
  'a chunked body of %s stays a body and never becomes a second request',
  async (method) => {
    const backend = await kit.upstream();
    const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
    const smuggled = 'GET /api/secret HTTP/1.1\r\nHost: b\r\n\r\n';
    const chunked = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
    const answer = await rawRequest(
      router.port,
      `${method} /w/v1.0/files/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200/);
    expect(backend.requests.map(({ url, body }) => [url, body])).toEqual([['/api/files/x', smuggled]]);
  },
);

test('HEAD, 204 and 304 have no body and keep the connection in step', async () => {
  const backend = await kit.upstream({
    answer: (request, response) => {
      const status = Number(/\d{3}$/.exec(request.url)?.[0] ?? 200);
      response
        .writeHead(status, status === 200 ? { 'content-length': '5' } : {})
        .end(request.method === 'HEAD' || status !== 200 ? undefined : 'hello');
    },
  });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const bytes = ['HEAD /w/v1.0/files/200', 'GET /w/v1.0/files/204', 'GET /w/v1.0/files/304', 'GET /w/v1.0/files/200']
    .map((line, index, all) => `${line} HTTP/1.1\r\nHost: a\r\n${index === all.length - 1 ? 'Connection: close\r\n' : ''}\r\n`)
    .join('');
  const answer = await rawRequest(router.port, bytes);
  expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 204', 'HTTP/1.1 304', 'HTTP/1.1 200']);
  expect(answer.endsWith('\r\n\r\nhello')).toBe(true);
});

test('server-sent events arrive as they are sent', async () => {
  let send: (text: string) => void = () => undefined;
  const backend = await kit.upstream({
    answer: (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      send = (text) => void response.write(text);
      send('data: 1\n\n');
    },
  });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const response = await fetch(`${router.url}/w/v1.0/files/sse`);
  const reader = response.body?.getReader();
  const read = async () => Buffer.from((await reader?.read())?.value ?? []).toString();
  expect(await read()).toBe('data: 1\n\n');
  send('data: 2\n\n');
  expect(await read()).toBe('data: 2\n\n');
  await reader?.cancel();
});

test('connections to the upstream are kept and used again', async () => {
  const ports = new Set<number>();
  const server = createServer((request, response) => {
    ports.add(request.socket.remotePort ?? 0);
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  kit.later(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  const router = await kit.traffic({ entries: [sampleApi((server.address() as AddressInfo).port)] });
  for (let round = 0; round < 5; round++) await (await fetch(`${router.url}/w/v1.0/items`)).text();
  expect(ports.size).toBe(1);
});

test('weights share the requests, zero gets none', async () => {
  const [one, two, drained] = [await kit.upstream(), await kit.upstream(), await kit.upstream()];
  const targets = [target(one.port, { weight: 3 }), target(two.port, { weight: 1 }), target(drained.port, { weight: 0 })];
  const router = await kit.traffic({ entries: [sampleApi(0, { upstream: { targets } })] });
  for (let round = 0; round < 8; round++) await (await fetch(`${router.url}/w/v1.0/items`)).text();
  expect([one, two, drained].map(({ requests }) => requests.length)).toEqual([6, 2, 0]);
});

test('404 and the health paths, byte for byte; before any table 503', async () => {
  const router = await kit.traffic({ entries: [] });
  const missing = await rawRequest(router.port, getRequest('/nowhere'));
  expect(missing).toMatch(
    /^HTTP\/1\.1 404 Not Found\r\ncontent-type: application\/json\r\ncontent-length: 21\r\nserver: tidegate\r\n/,
  );
  expect(missing).toMatch(/\r\n\r\n\{"error":"Not Found"\}$/);
  expect(await (await fetch(`${router.url}/_gateway-health/ready`)).json()).toEqual({ status: 'ready' });
  const cold = await kit.traffic({ entries: null });
  expect((await fetch(`${cold.url}/_gateway-health/ready`)).status).toBe(503);
  expect(await (await fetch(`${cold.url}/_gateway-health/healthy`)).json()).toEqual({ status: 'healthy' });
  expect((await fetch(`${cold.url}/nowhere`)).status).toBe(503);
});

test('a new table serves the next request', async () => {
  const [old, fresh] = [await kit.upstream(), await kit.upstream()];
  const router = await kit.traffic({ entries: [sampleApi(old.port)] });
  await echoed(`${router.url}/w/v1.0/items`);
  router.serve([sampleApi(fresh.port)]);
  await echoed(`${router.url}/w/v1.0/items`);
  expect([old.requests.length, fresh.requests.length]).toEqual([1, 1]);
  router.serve([]);
  expect((await fetch(`${router.url}/w/v1.0/items`)).status).toBe(404);
});

test('draining: requests in flight finish with Connection: close, new ones are not accepted', async () => {
  let finish: () => void = () => undefined;
  const backend = await kit.upstream({
    answer: (_request, response) => {
      finish = () => void response.end('done');
    },
  });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const inFlight = fetch(`${router.url}/w/v1.0/items`);
  await waitFor(() => backend.requests.length === 1, { what: 'the request to arrive' });
  const drained = router.traffic.drain(10_000);
  finish();
  const response = await inFlight;
  expect([await response.text(), response.headers.get('connection')]).toEqual(['done', 'close']);
  expect(await drained).toBe(0);
  await expect(fetch(router.url)).rejects.toThrow();
});

test('a drain that is announced sends clients away with their answers, and still serves them', async () => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  expect((await fetch(`${router.url}/w/v1.0/items`)).headers.get('connection')).not.toBe('close');
  router.traffic.announceDrain();
  for (let round = 0; round < 2; round++) {
    const response = await fetch(`${router.url}/w/v1.0/items`);
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
    await response.arrayBuffer();
  }
});

test('draining does not wait for connections whose last answer began before it', async () => {
  let finish: () => void = () => undefined;
  const backend = await kit.upstream({
    answer: (_request, response) => {
      response.write('begun ');
      finish = () => void response.end('done');
    },
  });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const response = await fetch(`${router.url}/w/v1.0/items`);
  const drained = router.traffic.drain(60_000);
  finish();
  expect(await response.text()).toBe('begun done');
  expect(await drained).toBe(0);
});

test('requests on one connection leave no listeners behind', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  const backend = await kit.upstream({ answer: (request, response) => void response.end(request.body) });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const requests = ['GET /w/v1.0/items', 'GET /nowhere', 'POST /w/v1.0/files/x']
    .map((line) => `${line} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok`)
    .join('');
  await rawRequest(router.port, requests.repeat(20) + getRequest('/w/v1.0/items'));
  expect(router.traffic.inFlight).toBe(0);
  process.off('warning', note);
  expect(warnings).toEqual([]);
  expect(backend.requests).toHaveLength(41);
});

test('connections beyond the bound are closed as they come', async () => {
  const backend = await kit.tcp((socket) => void socket.resume());
  const http_listener = { connections_max: 2, per_connection_buffer_limit_bytes: 1000 };
  const router = await kit.traffic({ entries: [sampleApi(backend.port)], router: { http_listener } });
  const within = ['', ''].map(() => rawRequest(router.port, getRequest('/w/v1.0/items')));
  await waitFor(() => router.traffic.inFlight === 2, { what: 'both to be served' });
  expect(await rawRequest(router.port, getRequest('/w/v1.0/items'))).toBe('');
  expect(router.traffic.inFlight).toBe(2);
  await router.traffic.drain(0);
  await Promise.all(within);
});

test('requests sent ahead are served in turn; node:http only up to a bound that ends the connection', async () => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  // The stream engine reads the next request when the last one is done: what waits is bytes, most of them in the kernel.
  const served = kit.engine === 'stream' ? 300 : 101;
  const ahead = 'GET /w/v1.0/items HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(299);
  const answer = await rawRequest(router.port, ahead + getRequest('/w/v1.0/items'));
  expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(served);
  expect(backend.requests).toHaveLength(served);
});

test('draining cuts what does not end in time, and says how much', async () => {
  const backend = await kit.tcp(() => undefined);
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const answer = rawRequest(router.port, getRequest('/w/v1.0/items'));
  await waitFor(() => backend.sockets.length === 1, { what: 'the request to arrive' });
  expect(await router.traffic.drain(50)).toBe(1);
  expect(await answer).toBe('');
});

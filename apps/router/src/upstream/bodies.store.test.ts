import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { fakeController } from '../testing/fake-controller.ts';
import { startRouter } from '../testing/router-process.ts';
import { sampleHeld } from '../testing/sample-held.ts';
import { getRequest, sampleApi, trafficKit } from '../testing/traffic-kit.ts';

const MIB = 1024 * 1024;
const BODY_BYTES = 200 * MIB;
/** What may be on its way: the buffers of four sockets, in the kernel and in three processes */
const IN_TRANSIT_BYTES_MAX = 60 * MIB;
/** A router that kept a body would need BODY_BYTES; at full speed garbage that waits for its collection takes half of that */
const GROWTH_BYTES_MAX = 130 * MIB;

const kit = trafficKit();
afterEach(kit.close);

/** A router process in front of this upstream, and how much larger than at rest it was at most. */
async function setup(onRequest: (request: IncomingMessage, response: ServerResponse) => void) {
  const upstream = createServer(onRequest);
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const controller = await fakeController();
  const stateDir = mkdtempSync(join(tmpdir(), 'tidegate-state-'));
  kit.later(async () => {
    controller.stop();
    upstream.closeAllConnections();
    upstream.close();
    rmSync(stateDir, { recursive: true });
  });
  const router = await startRouter({ controller: controller.address, stateDir, env: { APIP_GW_ROUTER_ENGINE: kit.engine } });
  kit.later(() => router.kill('SIGKILL'));
  const stream = await controller.stream(0);
  stream.welcome(100);
  stream.list(sampleHeld([sampleApi((upstream.address() as AddressInfo).port)]));
  await stream.received('applied');
  await (await fetch(`${router.url}/w/v1.0/items`)).arrayBuffer();

  const { rssBytes: atRestBytes } = await stream.received('heartbeat', -1);
  let peakBytes = atRestBytes;
  const sampling = setInterval(() => {
    void stream.received('heartbeat', -1).then(({ rssBytes }) => (peakBytes = Math.max(peakBytes, rssBytes)));
  }, 50);
  kit.later(async () => clearInterval(sampling));
  return { url: `${router.url}/w/v1.0/files/x`, growthBytes: () => peakBytes - atRestBytes };
}

/** Resolves to the number when it has not changed over twenty looks. */
async function standstill(bytes: () => number): Promise<number> {
  let [last, looks] = [-1, 0];
  await waitFor(
    () => {
      looks = bytes() === last && last > 0 ? looks + 1 : 0;
      last = bytes();
      return looks === 20;
    },
    { timeoutMs: 20_000, what: 'the flow to stop' },
  );
  return last;
}

/** Writes until the other side takes no more, goes on when it does, and ends after BODY_BYTES. */
function pour(into: { write(chunk: Buffer): boolean; end(): unknown; once(event: 'drain', then: () => void): unknown }) {
  const chunk = Buffer.alloc(MIB / 4, 'x');
  let written = 0;
  const more = (): void => {
    while (written < BODY_BYTES) {
      written += chunk.length;
      if (!into.write(chunk)) return void into.once('drain', more);
    }
    into.end();
  };
  more();
  return () => written;
}

function drained(from: IncomingMessage): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    from.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('end', () => resolve(bytes));
    from.on('error', reject).resume();
  });
}

test('a download to a client that does not read waits in the upstream, not in the router', async () => {
  let sent = (): number => 0;
  const { url, growthBytes } = await setup((request, response) => {
    if (request.url?.includes('files') === true) sent = pour(response);
    else response.end('ok');
  });
  const client = httpRequest(url, { agent: false }).end();
  const response = await new Promise<IncomingMessage>((resolve) => client.once('response', resolve));
  response.pause();
  expect(await standstill(() => sent())).toBeLessThan(IN_TRANSIT_BYTES_MAX);
  expect(growthBytes()).toBeLessThan(GROWTH_BYTES_MAX);
  expect(await drained(response)).toBe(BODY_BYTES);
  expect(growthBytes()).toBeLessThan(GROWTH_BYTES_MAX);
});

test('an upload to an upstream that does not read waits in the client, not in the router', async () => {
  let arrived: IncomingMessage | null = null;
  const { url, growthBytes } = await setup((request, response) => {
    if (request.method === 'POST') arrived = request.once('end', () => response.end('done'));
    else response.end('ok');
  });
  const client = httpRequest(url, { method: 'POST', agent: false });
  const response = new Promise<IncomingMessage>((resolve) => client.once('response', resolve));
  const sent = pour(client);
  const upload = await waitFor(() => arrived, { what: 'the upload to begin' });
  expect(await standstill(sent)).toBeLessThan(IN_TRANSIT_BYTES_MAX);
  expect(growthBytes()).toBeLessThan(GROWTH_BYTES_MAX);
  expect(await drained(upload)).toBe(BODY_BYTES);
  expect((await response).statusCode).toBe(200);
  expect(growthBytes()).toBeLessThan(GROWTH_BYTES_MAX);
});

test('200 clients that go away at every stage leave no upstream connection and nothing in flight', async () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\npart';
  let connections = 0;
  const backend = await kit.tcp((socket) => {
    connections += 1;
    socket.resume();
    if (connections % 2 === 0) socket.once('data', () => void socket.write(head));
  });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const clients = Array.from({ length: 200 }, (_, index) => {
    const upload = index % 4 < 2;
    const client = httpRequest(`${router.url}/w/v1.0/files/x`, {
      agent: false,
      method: upload ? 'POST' : 'GET',
      headers: upload ? { 'content-length': '1000000' } : {},
    });
    client.on('error', () => undefined).on('response', (response) => response.on('error', () => undefined).resume());
    if (upload) client.write('part');
    else client.end();
    return client;
  });
  // Some before anything arrived, the others in the middle.
  for (const client of clients.slice(0, 50)) client.destroy();
  await waitFor(() => backend.sockets.filter(({ bytesRead }) => bytesRead > 0).length >= 150, { what: 'the requests to arrive' });
  for (const client of clients) client.destroy();
  await waitFor(() => backend.sockets.every(({ destroyed }) => destroyed), { what: 'every upstream connection to be closed' });
  await waitFor(() => router.traffic.inFlight === 0, { what: 'nothing to be in flight' });
});

test('clients that pipeline and go away leave nothing either', async () => {
  const backend = await kit.tcp((socket) => void socket.resume());
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const request = getRequest('/w/v1.0/items').replace('Connection: close\r\n', '');
  const sockets = Array.from({ length: 20 }, () => {
    const socket = connect(router.port, '127.0.0.1');
    socket.on('error', () => undefined).write(request.repeat(500));
    return socket;
  });
  // One at a time per connection, however many wait behind.
  await waitFor(() => backend.sockets.filter(({ bytesRead }) => bytesRead > 0).length === 20, { what: 'the first of each' });
  expect(router.traffic.inFlight).toBe(20);
  for (const socket of sockets) socket.destroy();
  await waitFor(() => backend.sockets.every(({ destroyed }) => destroyed), { what: 'every upstream connection to be closed' });
  expect(backend.sockets).toHaveLength(20);
  await waitFor(() => router.traffic.inFlight === 0, { what: 'nothing to be in flight' });
});

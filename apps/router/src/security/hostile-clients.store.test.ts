import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { mutatedRequests } from '@tidegate/http1/mutated-requests';
import { waitFor } from '@tidegate/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { type FakeController, fakeController } from '../testing/fake-controller.ts';
import { type RouterProcess, startRouter } from '../testing/router-process.ts';
import { sampleDeployment, sampleHeld } from '../testing/sample-held.ts';
import { tcpUpstream, type TcpUpstream } from '../testing/start-traffic.ts';
import { target } from '../testing/traffic-kit.ts';

/** Long forms by command: HTTP1_FUZZ_CASES=1000000, HOSTILE_IDLE=10000, HOSTILE_ABORTS=100000. */
const FUZZ_CASES = Number(process.env['HTTP1_FUZZ_CASES'] ?? 50_000);
const IDLE = Number(process.env['HOSTILE_IDLE'] ?? 2_000);
const ABORTS = Number(process.env['HOSTILE_ABORTS'] ?? 3_000);
const SEED = Number(process.env['HTTP1_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const LONG_MS = 3_600_000;

/** Whoever fills memory by these clients fills it far beyond: the heap grows and shrinks by tens of MiB by itself. */
const GROWTH_MAX = 96 * 1024 * 1024;
const BIG = Buffer.alloc(4 * 1024 * 1024, 'x');

let stateDir: string;
let controller: FakeController;
let router: RouterProcess;
let backend: TcpUpstream;
const open: Socket[] = [];

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'tidegate-state-'));
  controller = await fakeController();
  backend = await tcpUpstream(answerByPath);
  router = await startRouter({
    controller: controller.address,
    stateDir,
    env: { APIP_GW_ROUTER_ACCESS_LOGS_ENABLED: 'false', APIP_GW_ROUTER_HTTP_LISTENER_CONNECTIONS_MAX: '12000' },
  });
  const everything = sampleDeployment({
    context: '',
    upstream: { targets: [target(backend.port)] },
    routes: ['GET', 'POST', 'PUT'].map((method) => ({ method, operationPath: '/*' })),
  });
  const stream = await controller.stream(0);
  stream.welcome();
  stream.list(sampleHeld([everything], 1));
  await stream.received('applied');
});

afterAll(async () => {
  await router.kill('SIGTERM');
  controller.stop();
  await backend.close();
  rmSync(stateDir, { recursive: true, force: true });
});

afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** /silent never answers, /big answers 4 MiB, everything else "ok", whatever is asked and as soon as it is. */
function answerByPath(socket: Socket): void {
  socket.on('data', (bytes: Buffer) => {
    const head = bytes.toString('latin1', 0, 64);
    if (head.includes('/silent')) return;
    const body = head.includes('/big') ? BIG : Buffer.from('ok');
    if (/^[A-Z]+ /.test(head))
      socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body]));
  });
}

test(
  `${FUZZ_CASES} mutated requests: no crash, no leak, and honest ones are served all along (HTTP1_FUZZ_SEED=${SEED})`,
  async () => {
    const next = mutatedRequests(SEED);
    const send = async (cases: number): Promise<void> => {
      let left = cases;
      const worker = async (): Promise<void> => {
        while (left-- > 0) await converse(next());
      };
      await Promise.all(Array.from({ length: 48 }, worker));
    };
    // The first half fills pools and lets the heap take its size; what leaks goes on growing in the second.
    await send(Math.ceil(FUZZ_CASES / 2));
    const before = await residentBytes();
    await send(Math.floor(FUZZ_CASES / 2));
    await everythingServed();
    expect((await residentBytes()) - before).toBeLessThan(GROWTH_MAX);
  },
  LONG_MS,
);

test(`${IDLE} connections that say nothing or a byte at a time, and readers who do not read: others do not notice`, async () => {
  const before = await residentBytes();
  await each(IDLE, async (at) => {
    const socket = await connected();
    // One in three begins a head and never ends it; one in three sends a body forever, so slowly that nothing is complete.
    if (at % 3 === 1) socket.write('GET /x HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    if (at % 3 === 2) socket.write('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
  });
  const bytes = setInterval(() => {
    for (const [at, socket] of open.entries()) if (at % 3 !== 0) socket.write('x');
  }, 250);
  try {
    await each(60, async () => {
      const reader = await connected();
      reader.pause();
      reader.write('GET /big HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20));
    });
    for (let round = 0; round < 5; round += 1) await everythingServed();
    // 60 readers × 20 answers × 4 MiB would be 4.7 GiB; a bounded piece of each connection is held at most.
    expect((await residentBytes()) - before).toBeLessThan(IDLE * 32 * 1024 + 2 * GROWTH_MAX);
  } finally {
    clearInterval(bytes);
  }
}, 120_000);

test('heads and bodies without end are cut off at their bound', async () => {
  const answers = await Promise.all(
    Array.from({ length: 40 }, async (_, at) => {
      const socket = await connected();
      const head = at % 2 === 0 ? `GET /x HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(64 * 1024)}` : `GET /${'x'.repeat(64 * 1024)}`;
      return answerTo(socket, head);
    }),
  );
  expect(answers.map((answer) => answer.slice(0, 12))).toEqual(
    answers.map((_, at) => (at % 2 === 0 ? 'HTTP/1.1 431' : 'HTTP/1.1 414')),
  );
  await everythingServed();
});

test(
  `${ABORTS} clients that leave early take their upstream connections along`,
  async () => {
    const before = await residentBytes();
    let left = ABORTS;
    const worker = async (): Promise<void> => {
      for (let at = left--; at > 0; at = left--) {
        const socket = await connected();
        socket.write(ABORTED[at % ABORTED.length] ?? '');
        await someMoment(socket, at);
        if (at % 3 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
    };
    await Promise.all(Array.from({ length: 48 }, worker));
    await waitFor(async () => (await metric('tidegate_router_requests_in_flight')) === 0, {
      what: 'nothing to be left in flight',
    });
    await waitFor(() => backend.sockets.every((socket) => socket.destroyed || !isWaiting(socket)), {
      what: 'no upstream to be left waiting',
    });
    await everythingServed();
    expect((await residentBytes()) - before).toBeLessThan(GROWTH_MAX);
  },
  LONG_MS,
);

const ABORTED = [
  'GET /silent HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /big HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /silent HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nsome',
  'PUT /silent HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
];

/** The router is not done with it: it has sent something and got nothing back */
function isWaiting(socket: Socket): boolean {
  return socket.bytesRead > 0 && socket.bytesWritten === 0;
}

/** Another one each time: before the request is read, while it is forwarded, within the answer */
async function someMoment(socket: Socket, at: number): Promise<void> {
  if (at % 2 === 0) return new Promise((resolve) => void setImmediate(resolve));
  await Promise.race([once(socket, 'data'), once(socket, 'close'), sleep(2)]);
}

async function connected(): Promise<Socket> {
  const socket = connect({ port: Number(new URL(router.url).port), host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  open.push(socket);
  await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
  return socket;
}

/** All that comes back until the router closes */
function answerTo(socket: Socket, bytes: string): Promise<string> {
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => (answer += text));
  socket.write(bytes, 'latin1');
  return new Promise((resolve) => socket.once('close', () => resolve(answer)));
}

/** One hostile conversation; over when the router closes, or has nothing to say for a moment */
async function converse(bytes: string): Promise<void> {
  const socket = connect({ port: Number(new URL(router.url).port), host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
    socket.setTimeout(20, () => socket.destroy());
    socket.once('data', () => socket.destroy());
    socket.write(bytes, 'latin1');
  });
}

/** Twenty honest requests, each answered 200 */
async function everythingServed(): Promise<void> {
  const statuses = await Promise.all(
    Array.from({ length: 20 }, (_, at) => fetch(`${router.url}/honest/${at}`).then(({ status }) => status)),
  );
  expect(statuses).toEqual(Array.from({ length: 20 }, () => 200));
}

async function each(count: number, act: (at: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += 100) {
    await Promise.all(Array.from({ length: Math.min(100, count - from) }, (_, at) => act(from + at)));
  }
}

const residentBytes = (): Promise<number> => metric('process_resident_memory_bytes');

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${router.metricsUrl}/metrics`)).text();
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`no metric ${name}`);
  return Number(value);
}

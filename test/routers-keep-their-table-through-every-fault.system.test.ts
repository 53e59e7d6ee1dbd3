import { copyFileSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type AppProcess, freePort, startApp, tcpFaultProxy, waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { SampleNode } from '../apps/gateway-controller/src/discovery/sample-node.ts';
import { ask } from '../tools/dev/ask.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import { startLoad } from './hosts/load.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/**
 * Goals S2 to S7, S9 and K1 on one stack, each as short as it can be. `TIDEGATE_LONG=1` runs the long forms: 50 restarts of the
 * controller, a thousand deploys at 50 a second.
 */
const isLong = process.env['TIDEGATE_LONG'] === '1';
const KEY = 'an-enrolment-key-for-the-fault-suite';
const NOBODY = 'localhost:1';
const folder = mkdtempSync(join(tmpdir(), 'tidegate-faults-'));
const routers: Router[] = [];
let stack: Stack;
let client: StackClient;

interface Router {
  readonly id: string;
  readonly url: string;
  readonly process: AppProcess;
  readonly stateDir: string;
  held(): Promise<{ version: number; hash: string | null }>;
  status(path: string, headers?: Record<string, string>): Promise<number>;
}

beforeAll(async () => {
  const extraConfig = { controller: { discovery: { enrolment_key: KEY, heartbeat: '500ms', lease: '3s' } } };
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', simulator: false, redis: false, extraConfig });
  client = stackClient(stack);
  await deploy('Steady');
});

afterAll(async () => {
  await Promise.all(routers.map((router) => router.process.kill()));
  await removeStack(stack, folder);
});

async function startRouter(id: string, address = stack.urls.grpc): Promise<Router> {
  const [port, admin] = [await freePort(), await freePort()];
  const stateDir = join(folder, id);
  const started = await startApp('router', {
    config: {
      router: {
        listener_port: port,
        admin_port: admin,
        metrics_port: 0,
        drain_delay: '0s',
        discovery: { address, node_id: id, state_dir: stateDir, join_token: KEY },
        upstream: {
          host_overrides: { 'petstore.example.com': new URL(stack.urls.petstore).host },
          tls: { ca_file: stack.files.devCa },
        },
      },
    },
  });
  const router: Router = {
    id,
    url: `http://127.0.0.1:${port}`,
    process: started,
    stateDir,
    async held() {
      const { text } = await ask(`http://127.0.0.1:${admin}/xds_sync_status`);
      return JSON.parse(text) as { version: number; hash: string | null };
    },
    status: async (path, headers = {}) => (await ask(`http://127.0.0.1:${port}${path}`, { headers })).status,
  };
  routers.push(router);
  return router;
}

async function ready(router: Router): Promise<Router> {
  await waitFor(async () => (await router.status('/_gateway-health/ready')) === 200, {
    timeoutMs: 60_000,
    what: `${router.id} to be ready`,
  });
  return router;
}

async function deploy(name: string, changes: Record<string, unknown> = {}): Promise<void> {
  const { status } = await client.manage('PUT', '/rest-apis:apply', { documents: [plainApi(name, changes)] });
  if (status !== 200) throw new Error(`${name} was not taken: ${status}`);
}

/** Not only what the first router serves: that one may not have heard of the latest change either. */
function serves(router: Router, path: string): Promise<unknown> {
  return waitFor(async () => (await router.status(path)) === 200, { timeoutMs: 60_000, what: `${router.id} to serve ${path}` });
}

function same(router: Router): Promise<unknown> {
  return waitFor(async () => (await router.held()).hash === (await client.applied()).hash, {
    timeoutMs: 60_000,
    what: `${router.id} to serve what the first router serves`,
  });
}

it('S3: without a disk copy and without a controller a router is never ready, and never answers 404', async () => {
  const router = await startRouter('s3', NOBODY);
  await router.process.waitForLog(/Not connected to the controller/);
  for (let asked = 0; asked < 20; asked++) {
    expect(await router.status('/_gateway-health/ready')).toBe(503);
    expect(await router.status('/steady')).toBe(503);
  }
  await router.process.kill('SIGTERM');
});

it('S2: a damaged disk copy leads to the one before it, never to an empty table', async () => {
  const first = await ready(await startRouter('s2'));
  const copy = join(first.stateDir, 'last-good');
  await deploy('Older');
  await serves(first, '/older');
  const older = await first.held();
  await first.process.kill('SIGTERM'); // what is held is on disk now
  await deploy('Newer');
  const second = await ready(await startRouter('s2'));
  await serves(second, '/newer');
  const newer = await second.held();
  await second.process.kill('SIGTERM');

  const cold = await ready(await startRouter('s2', NOBODY));
  expect(await cold.held()).toMatchObject({ version: newer.version, hash: newer.hash });
  await cold.process.kill('SIGKILL');

  const bytes = readFileSync(copy);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(copy, bytes);
  const flipped = await ready(await startRouter('s2', NOBODY));
  expect(await flipped.held()).toMatchObject({ version: older.version, hash: older.hash });
  expect([await flipped.status('/older'), await flipped.status('/newer')]).toEqual([200, 404]);
  await flipped.process.kill('SIGKILL');

  copyFileSync(copy, `${copy}.previous`);
  for (const file of [copy, `${copy}.previous`]) truncateSync(file, 100);
  const broken = await startRouter('s2', NOBODY);
  await broken.process.waitForLog(/Not connected to the controller/);
  expect(await broken.status('/steady')).toBe(503);
  await broken.process.kill('SIGTERM');
  const healed = await ready(await startRouter('s2'));
  await same(healed);
  await healed.process.kill('SIGTERM');
});

it(`S4: a controller restarted ${isLong ? 50 : 4} times means the same bytes, and nothing is sent again`, async () => {
  const router = await ready(await startRouter('s4'));
  const restarts = isLong ? 50 : 4;
  for (let restart = 0; restart < restarts; restart++) {
    const isChanging = restart % 2 === 1;
    const before = await router.held();
    const tables = served(router);
    const connections = router.process.logs().split('Connected to the controller').length;
    await stack.process('gateway-controller').kill(restart % 4 < 2 ? 'SIGKILL' : 'SIGTERM');
    await waitFor(() => router.process.logs().split('Connected to the controller').length > connections, {
      timeoutMs: 60_000,
      what: 'the router to be connected again',
    });
    if (!isChanging) {
      // a change made now is the first thing that is sent: nothing was sent for the restart alone
      await waitFor(() => deploy('Between', { version: `v1.${restart}` }).then(() => true), {
        timeoutMs: 60_000,
        what: 'a write',
      });
      await waitFor(() => served(router).length > tables.length, { timeoutMs: 60_000, what: 'the change' });
      expect(served(router).slice(tables.length)).toEqual([before.version + 1]);
    }
    await same(router);
  }
  await router.process.kill('SIGTERM');
});

/** Versions that a router has swapped in from a stream, in order. */
function served(router: Router): number[] {
  return [...router.process.logs().matchAll(/^.*"msg":"Serving a new table".*$/gm)].map(
    ([line]) => (JSON.parse(line) as { version: number }).version,
  );
}

it('S5: a stream that is cut, cut in the middle, silent, slow or thin is resynchronised', async () => {
  const proxy = await tcpFaultProxy({ target: stack.urls.grpc });
  const router = await ready(await startRouter('s5', proxy.address));
  const faults: readonly (readonly [string, () => void])[] = [
    ['cut', () => proxy.cut()],
    ['cut in the middle', () => proxy.cutAfter(3000)],
    ['delayed', () => proxy.delay(300)],
    ['thin', () => proxy.throttle(64 * 1024)],
    ['silent', () => proxy.hang()],
  ];
  for (const [fault, begin] of faults) {
    begin();
    for (let change = 0; change < 5; change++)
      await deploy(`Fault${change}`, { version: 'v1', context: `/${fault.replaceAll(' ', '-')}-${change}` });
    expect(await router.status('/steady')).toBe(200);
    proxy.heal();
    await same(router);
  }
  await router.process.kill('SIGTERM');
  await proxy.close();
});

it('S6: an API that routers cannot build is named with the reason, its neighbours live, and it heals when it is mended', async () => {
  const jwt = { policies: [{ name: 'jwt-auth', version: 'v1', params: { issuers: ['nobody'] } }] };
  await deploy('Broken', jwt);
  await deploy('Neighbour');
  await waitFor(async () => (await client.call('/neighbour')).status === 200, { what: 'the neighbour to be served' });
  const { body } = await client.manage('GET', '/gateways');
  const { gateways } = body as unknown as { gateways: { id: string }[] };
  const issues = async () => JSON.stringify((await client.manage('GET', `/gateways/${gateways[0]?.id ?? ''}/issues`)).body);
  await waitFor(async () => /no key manager for these issuers/.test(await issues()), { what: 'the reason to be told' });
  expect((await client.call('/broken')).status).toBe(503);
  await deploy('Broken');
  await waitFor(async () => (await client.call('/broken')).status === 200, { what: 'the mended API' });
  await waitFor(async () => !/no key manager/.test(await issues()), { what: 'the issue to be gone' });
});

it(`S7: ${isLong ? 1000 : 60} deploys under load, the hot API among them, fail no request`, async () => {
  const router = await ready(await startRouter('s7'));
  const load = startLoad(() => router.url, '/steady', ['s7']);
  const startedMs = performance.now();
  for (let index = 0; index < (isLong ? 1000 : 60); index++) {
    const dueMs = startedMs + index * 20;
    await waitFor(() => performance.now() >= dueMs, { what: 'its turn' });
    const hot = {
      operations: [
        { method: 'GET', path: '/' },
        { method: 'GET', path: `/edit-${index}` },
      ],
    };
    await (index % 3 === 0 ? deploy('Steady', hot) : deploy(`Deployed${index}`));
  }
  await same(router);
  await load.more(50);
  await load.stop();
  expect(load.failures).toEqual([]);
  await router.process.kill('SIGTERM');
});

it('S9: a hundred routers that connect at once are all in sync', async () => {
  const fleet = Array.from({ length: 100 }, (_, index) => new SampleNode(stack.urls.grpc, `s9-${index}`));
  try {
    await Promise.all(fleet.map(async (node) => node.connect((await node.join(KEY)).nodeCredential)));
    const { hash } = await client.applied();
    await waitFor(() => fleet.every((node) => Buffer.from(node.hash).toString('hex') === hash), {
      timeoutMs: 120_000,
      what: 'all of them to hold the same table',
    });
    await deploy('ForAHundred');
    await waitFor(async () => (await client.applied()).hash !== hash, { what: 'the change to arrive' });
    const next = (await client.applied()).hash;
    await waitFor(() => fleet.every((node) => Buffer.from(node.hash).toString('hex') === next), {
      timeoutMs: 120_000,
      what: 'all of them to have the change',
    });
  } finally {
    for (const node of fleet) node.close();
  }
});

it('K1: a key revoked under load is refused by every router from the receipt on, also after kill -9 and a cold start', async () => {
  const policies = [{ name: 'api-key-auth', version: 'v1', params: { key: 'X-API-Key', in: 'header' } }];
  await deploy('Keyed', { policies });
  const four = await Promise.all(['k1-a', 'k1-b', 'k1-c', 'k1-d'].map(async (id) => ready(await startRouter(id))));
  const { body } = await client.manage('POST', '/rest-apis/Keyed/api-keys?wait=programmed', { name: 'one' });
  const key = { 'x-api-key': body.key };
  for (const router of four) expect(await router.status('/keyed', key)).toBe(200);
  const seen = { stopped: false, acceptedAfter: 0, asked: 0 };
  let isRevoked = false;
  const asking = Promise.all(
    four.map(async (router) => {
      while (!seen.stopped) {
        const wasRevoked = isRevoked;
        const status = await router.status('/keyed', key);
        seen.asked += 1;
        if (wasRevoked && status !== 401) seen.acceptedAfter += 1;
      }
    }),
  );
  const revoked = await client.manage('DELETE', '/rest-apis/Keyed/api-keys/one?wait=programmed');
  expect(revoked.body.propagation.state).toBe('programmed');
  isRevoked = true;
  const asked = seen.asked;
  await waitFor(() => seen.asked > asked + 40, { timeoutMs: 60_000, what: 'forty more requests' });
  seen.stopped = true;
  await asking;
  expect(seen.acceptedAfter).toBe(0);

  await four[0]?.process.kill('SIGKILL');
  const cold = await ready(await startRouter('k1-a', NOBODY));
  expect(await cold.status('/keyed', key)).toBe(401);
  await Promise.all([cold, ...four.slice(1)].map((router) => router.process.kill('SIGTERM')));
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EntryKind, Phase } from '@tidegate/gateway-ir';
import { createLogger } from '@tidegate/process';
import { tcpFaultProxy, waitFor } from '@tidegate/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { readConfig } from '../config.ts';
import { openNodeState } from '../node-state.ts';
import { openRuntimeSettings } from '../settings/runtime-settings.ts';
import { type FakeController, fakeController } from '../testing/fake-controller.ts';
import { sampleDeployment, sampleHeld, sampleKey } from '../testing/sample-held.ts';
import { controllerAddress } from './join.ts';
import { type Discovery, runDiscovery } from './run-discovery.ts';

let stateDir: string;
let controller: FakeController;
const running: { discovery: Discovery; flush(): Promise<void> }[] = [];

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'tidegate-node-'));
  controller = await fakeController();
});
afterEach(async () => {
  for (const { discovery, flush } of running.splice(0)) {
    await discovery.stop(0);
    await flush();
  }
  controller.stop();
  rmSync(stateDir, { recursive: true });
});

/** A router without its listener: state directory, live table, discovery. */
async function startNode({ address = controller.address, joinToken = 'join-1' } = {}) {
  const logger = createLogger({ name: 'node', level: 'error', format: 'text', destination: { write: () => undefined } });
  const config = readConfig([], {
    APIP_GW_ROUTER_DISCOVERY_STATE_DIR: stateDir,
    APIP_GW_ROUTER_DISCOVERY_NODE_ID: 'node-1',
    APIP_GW_ROUTER_DISCOVERY_JOIN_TOKEN: joinToken,
  });
  const link = controllerAddress(address, null);
  const node = await openNodeState(config, { controller: link, runtimes: [], logger });
  const discovery = runDiscovery({
    controller: link,
    logger,
    held: node.live.held,
    revoked: node.revoked,
    identify: node.identity.identify,
    renew: node.identity.renew,
    apply: node.apply,
    settings: await openRuntimeSettings(config, config.router.discovery.state_dir, logger),
    commands: { run: async () => undefined, part: () => undefined },
    facts: {
      nodeId: node.nodeId,
      bootId: 'boot',
      runtimeVersion: 'test',
      bootedAtMs: 0,
      previousBootClean: node.previousBootClean,
      startupProperties: {},
      phase: () => (node.live.table === null ? Phase.STARTING : Phase.READY),
      inFlight: () => 0,
      totals: () => ({ requests: { all: [], byApi: new Map() }, latencies: { all: [], byLabel: new Map() } }),
      issues: () => [],
      inFlightByEnvironment: () => ({}),
    },
  });
  const started = { discovery, flush: () => node.flush() };
  running.push(started);
  return { ...node, live: node.live, discovery, crash: () => crash(started) };
}

/** Ends a node as kill −9 would, as far as a process can do that to a part of itself: nothing is said, nothing flushed late. */
async function crash(started: (typeof running)[number]): Promise<void> {
  running.splice(running.indexOf(started), 1);
  await started.flush();
  await started.discovery.stop(0);
}

const sample = {
  context: '/pets',
  upstream: { targets: [{ scheme: 'http', host: 'b', port: 80, weight: 1 }] },
  routes: [{ method: 'GET', operationPath: '/a' }],
};
const pets = sampleDeployment(sample);
const key = sampleKey('k1', 'apip_1');

test('joins once, says Hello, applies a listing and a delta, and acknowledges each', async () => {
  const node = await startNode();
  const stream = await controller.stream(0);
  expect(controller.joins).toEqual([{ joinToken: 'join-1', nodeId: 'node-1' }]);
  expect(stream.authorization).toBe('Bearer credential-1');
  expect(await stream.hello()).toMatchObject({ nodeId: 'node-1', version: 0, previousBootClean: true, phase: Phase.STARTING });
  stream.welcome();
  expect((await stream.received('heartbeat')).version).toBe(0);

  const first = sampleHeld([pets, key], 7);
  stream.list(first);
  const applied = await stream.received('applied');
  expect(applied).toMatchObject({ version: 7, rejected: [], tableHash: first.tableHash });
  expect(node.live.table?.match('h', 'GET', '/pets/a', () => undefined)).not.toBeNull();
  expect(await stream.received('heartbeat', 1)).toMatchObject({ version: 7, phase: Phase.READY });

  stream.delta(7, sampleHeld([pets], 8), [{ kind: EntryKind.API_KEY, id: 'k1' }]);
  expect((await stream.received('applied', 1)).version).toBe(8);
  expect(node.live.keyCount).toBe(0);
  // Durable before it was acknowledged.
  expect(readFileSync(join(stateDir, 'revoked-keys'), 'utf8')).toContain('k1');
});

test('a delta on another version asks for everything; what cannot be proved is refused, and everything is asked for', async () => {
  await startNode();
  const stream = await controller.stream(0);
  stream.welcome();
  stream.delta(3, sampleHeld([pets], 4));
  expect((await stream.received('resync')).reason).toMatch(/holds nothing/);
  stream.list({ ...sampleHeld([pets], 5), tableHash: Buffer.alloc(32) });
  expect(await stream.received('nack')).toMatchObject({ version: 5, code: 'table_hash' });
  const again = await controller.stream(1);
  expect((await again.hello()).version).toBe(0);
});

test('what is rejected is named, and its neighbours serve', async () => {
  const node = await startNode();
  const stream = await controller.stream(0);
  stream.welcome();
  const broken = sampleDeployment({
    id: 'bad/env',
    context: '/bad',
    upstream: {},
    policies: [{ name: 'unheard-of' }],
    routes: [{ method: 'GET', operationPath: '/a' }],
  });
  stream.list(sampleHeld([pets, broken], 1));
  const { rejected } = await stream.received('applied');
  expect(rejected).toMatchObject([{ kind: EntryKind.ROUTES, id: 'bad/env', code: 'cannot_be_built' }]);
  expect(node.live.table?.match('h', 'GET', '/bad/a', () => undefined)?.serving).toBeNull();
  expect(node.live.table?.match('h', 'GET', '/pets/a', () => undefined)?.serving).not.toBeNull();
});

test('starts cold without a controller, says what it holds when one is back, and refuses revoked keys under any epoch', async () => {
  const before = await startNode();
  const stream = await controller.stream(0);
  stream.welcome();
  const full = sampleHeld([pets, key, sampleKey('k2', 'apip_2')], 7);
  stream.list(full);
  await stream.received('applied');
  stream.delta(7, sampleHeld([pets, key], 8), [{ kind: EntryKind.API_KEY, id: 'k2' }]);
  await stream.received('applied', 1);
  await before.crash();
  controller.stop();

  const after = await startNode();
  expect(after.live.table?.match('h', 'GET', '/pets/a', () => undefined)).not.toBeNull();
  expect(after.live.held?.version).toBe(8);
  expect(after.live.keyCount).toBe(1);

  const port = Number(controller.address.split(':')[1]);
  const { credentials } = controller;
  controller = await fakeController(port);
  for (const credential of credentials) controller.credentials.add(credential);
  const next = await controller.stream(0);
  expect(await next.hello()).toMatchObject({ version: 8, epoch: 1, previousBootClean: false, revokedKeyIds: ['k2'] });
  next.welcome();
  // A restored backup still knows the key that was revoked.
  next.list({ ...full, epoch: 2, version: 20 });
  expect((await next.received('applied')).version).toBe(20);
  expect(after.live.keyCount).toBe(1);
});

test('a renewed credential is kept at once, used next time, and still opens the copy', async () => {
  const before = await startNode();
  const stream = await controller.stream(0);
  stream.welcome();
  stream.list(sampleHeld([pets], 3));
  await stream.received('applied');
  controller.credentials.add('credential-new');
  stream.send({ $case: 'renewed', value: { credential: { value: 'credential-new' }, expiresAtMs: Date.now() + 1000 } });
  const path = join(stateDir, 'credential.json');
  await waitFor(() => readFileSync(path, 'utf8').includes('credential-new'), { what: 'the credential to be kept' });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await before.crash();
  const after = await startNode();
  expect(after.live.held?.version).toBe(3);
  expect((await controller.stream(1)).authorization).toBe('Bearer credential-new');
  expect(controller.joins).toHaveLength(1);
});

test('a renewed credential that cannot be kept costs neither the stream nor the old one', async () => {
  await startNode();
  const stream = await controller.stream(0);
  stream.welcome();
  await stream.received('heartbeat');
  // A directory in the place of the temporary file: nothing can be written there.
  mkdirSync(join(stateDir, 'credential.json.tmp'));
  stream.send({ $case: 'renewed', value: { credential: { value: 'credential-new' }, expiresAtMs: Date.now() + 1000 } });
  stream.list(sampleHeld([pets], 3));
  expect((await stream.received('applied')).version).toBe(3);
  expect(readFileSync(join(stateDir, 'credential.json'), 'utf8')).not.toContain('credential-new');
});

test('a node that is stopped while it joins opens no stream any more', async () => {
  const proxy = await tcpFaultProxy({ target: controller.address });
  proxy.hang();
  const node = await startNode({ address: proxy.address });
  const stopped = node.discovery.stop(0);
  proxy.heal();
  await stopped;
  expect(controller.streams).toHaveLength(0);
  await proxy.close();
});

test('a new epoch that takes away almost everything is held back, served on, and applied when it is confirmed', async () => {
  const node = await startNode();
  const stream = await controller.stream(0);
  stream.welcome();
  const many = Array.from({ length: 20 }, (_, index) =>
    sampleDeployment({ ...sample, id: `a${index}/env`, context: `/a${index}` }),
  );
  stream.list(sampleHeld([...many, key], 7));
  await stream.received('applied');
  const restored = { ...sampleHeld([pets], 9), epoch: 2 };
  stream.list(restored);
  expect(await stream.received('nack')).toMatchObject({ epoch: 2, version: 9, code: 'deletions_need_confirmation' });
  expect(node.live.table?.match('h', 'GET', '/a3/a', () => undefined)).not.toBeNull();
  expect(node.live.keyCount).toBe(1);
  expect(await stream.received('heartbeat', -1)).toMatchObject({ epoch: 1, version: 7 });

  stream.list(restored, { deletionsConfirmed: true });
  expect(await stream.received('applied', 1)).toMatchObject({ epoch: 2, version: 9 });
  expect(node.live.table?.routeCount).toBe(1);
  expect(stream.count('resync')).toBe(0);
});

test('a refused credential joins again only with a token that was not used yet; serving goes on', async () => {
  const before = await startNode();
  const stream = await controller.stream(0);
  stream.welcome();
  stream.list(sampleHeld([pets], 3));
  await stream.received('applied');
  await before.crash();
  controller.credentials.clear();
  const after = await startNode({ joinToken: 'join-2' });
  expect(after.live.held?.version).toBe(3);
  await waitFor(() => controller.joins.length === 2, { what: 'a second join' });
  expect(controller.joins[1]).toEqual({ joinToken: 'join-2', nodeId: 'node-1' });
  expect((await (await controller.stream(1)).hello()).version).toBe(3);
});

test('a broken connection is made again and goes on from where it was', async () => {
  const proxy = await tcpFaultProxy({ target: controller.address });
  const node = await startNode({ address: proxy.address });
  const stream = await controller.stream(0);
  stream.welcome();
  stream.list(sampleHeld([pets], 3));
  await stream.received('applied');
  proxy.cut();
  await waitFor(() => node.discovery.state() === 'offline', { what: 'the loss to be noticed' });
  expect(node.live.held?.version).toBe(3);
  proxy.heal();
  const next = await controller.stream(1);
  expect((await next.hello()).version).toBe(3);
  next.welcome();
  next.delta(3, sampleHeld([pets, key], 4));
  await next.received('applied');
  await node.crash();
  await proxy.close();
});

test('says that it drains and that it stopped', async () => {
  const node = await startNode();
  const stream = await controller.stream(0);
  stream.welcome();
  await stream.received('heartbeat');
  node.discovery.draining(1500, 'restart');
  expect(await stream.received('lifecycle')).toMatchObject({ phase: Phase.DRAINING, graceMs: 1500, reason: 'restart' });
  await node.discovery.stop(2);
  expect(await stream.received('lifecycle', 1)).toMatchObject({ phase: Phase.STOPPED, cutRequests: 2 });
  await waitFor(() => stream.over, { what: 'the stream to end' });
});

import { createHash, generateKeyPairSync, sign } from 'node:crypto';

import { Phase } from '@tidegate/gateway-ir';
import { waitFor } from '@tidegate/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { SampleNode } from '../discovery/sample-node.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { type ControllerUnderTest, controllerUnderTest } from '../testing/controller-under-test.ts';

const pair = generateKeyPairSync('ed25519');
let under: ControllerUnderTest;
let database: Client;
const nodes: SampleNode[] = [];
const credentials = new Map<SampleNode, string>();

beforeAll(async () => {
  under = await controllerUnderTest({
    settings: {
      fleet: {
        runtime_key: pair.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
        release_schedule_enabled: true,
      },
    },
  });
  database = new Client({ connectionString: under.databaseUrl });
  await database.connect();
});

afterAll(async () => {
  for (const node of nodes) node.close();
  await database.end();
  await under.close();
});

const call = (method: string, path: string, body?: unknown) => under.call(path, { method, body });
const runtime = async (gateway: string) => (await call('GET', `/gateways/${gateway}/runtime`)).body;

function signed(version: string, more: object = {}) {
  const bundle = Buffer.from(`code of ${version} ${'x'.repeat(600_000)}`);
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  const manifest = Buffer.from(JSON.stringify({ kind: 'tidegate-router-runtime', version, sha256, bytes: bundle.length }));
  const [manifestText, signature, bundleText] = [manifest, sign(null, manifest, pair.privateKey), bundle].map((bytes) =>
    bytes.toString('base64'),
  );
  return { manifest: manifestText, signature, bundle: bundleText, ...more };
}

async function joined(gateway: string, nodeId: string): Promise<SampleNode> {
  await call('POST', '/gateways', { name: gateway });
  const node = new SampleNode(`127.0.0.1:${under.controller.app.get(GrpcServer, { strict: false }).port}`, nodeId);
  nodes.push(node);
  const { body } = await call('POST', `/gateways/${gateway}/tokens`, { validMinutes: 30 });
  credentials.set(node, (await node.join(body.token)).nodeCredential);
  await runs(node, '0.1.0');
  return node;
}

/** A process of the node with that runtime, serving at once. */
async function runs(node: SampleNode, runtimeVersion: string): Promise<void> {
  const before = node.welcome?.streamEpoch ?? 0;
  node.connect(credentials.get(node) ?? '', { phase: Phase.READY, bootedAtMs: Date.now() + before, runtimeVersion });
  await waitFor(() => (node.welcome?.streamEpoch ?? 0) > before, { what: 'the welcome' });
}

const commands = (node: SampleNode, kind: 'stageBundle' | 'activateBundle') =>
  node.orders.flatMap((order) => (order.$case === 'command' && order.value.command?.$case === kind ? [order.value] : []));

/** Does what the next command of that kind asks, as a router would. */
async function obey(node: SampleNode, count: number): Promise<void> {
  await waitFor(() => commands(node, 'stageBundle').length === count || commands(node, 'activateBundle').length === count, {
    what: 'a command',
  });
  const staging = commands(node, 'stageBundle').at(-1);
  if (staging !== undefined) node.send({ $case: 'commandResult', value: { commandId: staging.id, ok: true, message: 'kept' } });
  await waitFor(() => commands(node, 'activateBundle').length === count, { what: 'the activation' });
  const activation = commands(node, 'activateBundle').at(-1);
  await runs(node, activation?.command?.$case === 'activateBundle' ? activation.command.value.version : '');
}

async function over(id: string) {
  return waitFor(
    async () => {
      const { body } = await call('GET', `/operations/${id}`);
      return body.state === 'open' ? null : body;
    },
    { what: 'the end of the operation' },
  );
}

test('a release that is not signed as it must be is refused', async () => {
  const good = signed('1.0.0');
  const flipped = Buffer.from(good.bundle ?? '', 'base64');
  flipped[7] = (flipped[7] ?? 0) ^ 1;
  for (const bad of [{ bundle: flipped.toString('base64') }, { signature: '' }, { signature: signed('9.9.9').signature }])
    expect(await call('POST', '/runtime-releases', { ...good, ...bad })).toMatchObject({
      status: 400,
      body: { code: 'RUNTIME_REFUSED' },
    });
  expect(await call('POST', '/runtime-releases', { ...good, mandatoryFrom: '2000-01-01T00:00:00Z' })).toMatchObject({
    status: 400,
  });
  expect(await call('POST', '/runtime-releases', good)).toMatchObject({
    status: 201,
    body: { version: '1.0.0', mandatoryFrom: null },
  });
  expect(await call('POST', '/runtime-releases', good)).toMatchObject({ status: 409, body: { code: 'RELEASE_EXISTS' } });
});

test('a release is applied and taken back, with what may be done said at every point', async () => {
  const node = await joined('updated', 'a');
  expect(await runtime('updated')).toMatchObject({ current: '0.1.0', pending: { version: '1.0.0' }, rollback: null });
  expect(await call('POST', '/gateways/updated/runtime/rollback', {})).toMatchObject({
    status: 409,
    body: { code: 'NO_ROLLBACK_VERSION' },
  });
  expect(await call('POST', '/gateways/updated/runtime/apply', { version: '0.9.0' })).toMatchObject({
    status: 409,
    body: { code: 'NO_PENDING_VERSION' },
  });

  const applied = await call('POST', '/gateways/updated/runtime/apply', {});
  expect(applied).toMatchObject({ status: 202, body: { current: '1.0.0', pending: null } });
  expect(await call('POST', '/gateways/updated/runtime/rollback', {})).toMatchObject({ status: 423 });
  await obey(node, 1);
  // What travelled is what was published.
  const parts = node.bundleParts.filter(({ commandId }) => commandId === commands(node, 'stageBundle')[0]?.id);
  expect(Buffer.concat(parts.map(({ data }) => data)).toString('base64')).toBe(signed('1.0.0').bundle);
  expect(await over(applied.body.operation.id)).toMatchObject({ state: 'succeeded', kind: 'update', runtimeVersion: '1.0.0' });
  expect(await runtime('updated')).toMatchObject({ rollback: '0.1.0', nodes: [{ id: 'a', version: '1.0.0', isCurrent: true }] });

  const back = await call('POST', '/gateways/updated/runtime/rollback', {});
  expect(back.status).toBe(202);
  await obey(node, 2);
  expect(await over(back.body.operation.id)).toMatchObject({ state: 'succeeded', kind: 'rollback', runtimeVersion: '0.1.0' });
  expect(await runtime('updated')).toMatchObject({ current: '0.1.0', pending: null, rollback: null });
});

test('an update that a node refuses is taken back by itself', async () => {
  const node = await joined('refusing', 'a');
  const applied = await call('POST', '/gateways/refusing/runtime/apply', {});
  await waitFor(() => commands(node, 'stageBundle').length === 1, { what: 'the bundle' });
  const commandId = commands(node, 'stageBundle')[0]?.id ?? '';
  node.send({ $case: 'commandResult', value: { commandId, ok: false, message: 'wrong_signature' } });
  expect(await over(applied.body.operation.id)).toMatchObject({ state: 'failed', nodes: [{ staged: false }] });
  await waitFor(async () => (await runtime('refusing')).current === '0.1.0', { what: 'the way back' });
});

test('at the end of its window a release is taken by itself, and cannot be left any more', async () => {
  const node = await joined('late', 'a');
  const mandatoryFrom = new Date(Date.now() + 3_600_000).toISOString();
  expect(await call('POST', '/runtime-releases', signed('1.1.0', { mandatoryFrom, rollingCompatible: false }))).toMatchObject({
    status: 201,
  });
  expect(await call('POST', '/gateways/late/runtime/apply', {})).toMatchObject({
    status: 409,
    body: { code: 'DOWNTIME_NOT_ACCEPTED' },
  });
  await database.query(
    `UPDATE runtime_release SET available_from = now() - interval '2 days', mandatory_from = now() - interval '1 second' WHERE version = '1.1.0'`,
  );
  await obey(node, 1);
  await waitFor(async () => (await runtime('late')).nodes[0].version === '1.1.0', { what: 'the mandatory release' });
  const { body } = await call('GET', '/gateways/late/operations');
  expect(body.operations[0]).toMatchObject({
    kind: 'update',
    requestedBy: 'controller',
    reason: 'The window of the release is over',
  });
  await over(body.operations[0].id);
  expect(await call('POST', '/gateways/late/runtime/rollback', {})).toMatchObject({
    status: 409,
    body: { code: 'WINDOW_CLOSED' },
  });
});

test('a gateway that is offline takes what was applied when its node comes', async () => {
  const node = await joined('away', 'a');
  await database.query(
    `UPDATE runtime_release SET available_from = now() + interval '1 day', mandatory_from = NULL WHERE version = '1.1.0'`,
  );
  node.send({ $case: 'lifecycle', value: { phase: Phase.STOPPED, reason: '', graceMs: 0, cutRequests: 0 } });
  await waitFor(async () => (await call('GET', '/gateways/away')).body.status.state === 'OFFLINE', {
    what: 'the end of the node',
  });
  expect(await call('POST', '/gateways/away/runtime/apply', {})).toMatchObject({
    status: 202,
    body: { current: '1.0.0', operation: null },
  });
  await runs(node, '0.1.0');
  await obey(node, 1);
  await waitFor(async () => (await runtime('away')).nodes[0].version === '1.0.0', { what: 'the release' });
});

test('a schedule is set whole, shown in a sentence, changed by who read it last, and dropped', async () => {
  await call('POST', '/gateways', { name: 'scheduled' });
  const at = '/gateways/scheduled/runtime/schedule';
  expect((await call('GET', at)).body).toMatchObject({ scheduleType: 'NEVER', nextRunAt: null, revision: 0 });
  const parts = { dayOfWeek: 6, hourOfDay: 2, timeZone: 'Europe/Berlin' };
  for (const missing of ['dayOfWeek', 'hourOfDay', 'timeZone'])
    expect(await call('PUT', at, { scheduleType: 'FIRST', ...parts, [missing]: undefined })).toMatchObject({ status: 400 });
  for (const bad of [{ dayOfWeek: 7 }, { dayOfWeek: -1 }, { hourOfDay: 24 }, { hourOfDay: -1 }, { timeZone: 'Mars/Base' }])
    expect(await call('PUT', at, { scheduleType: 'LAST', ...parts, ...bad })).toMatchObject({ status: 400 });
  const set = await call('PUT', at, { scheduleType: 'LAST', ...parts });
  expect(set.body).toMatchObject({ scheduleType: 'LAST', sentence: expect.stringContaining('Saturday of the last week') });
  const stale = await under.call(at, { method: 'PUT', body: { scheduleType: 'NEVER' }, headers: { 'if-match': '"0"' } });
  expect(stale.status).toBe(412);
  expect((await call('DELETE', at)).body).toMatchObject({ scheduleType: 'NEVER', dayOfWeek: null });
});

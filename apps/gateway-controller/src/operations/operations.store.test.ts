import { Phase } from '@tidegate/gateway-ir';
import { waitFor } from '@tidegate/testkit';
import { unzipSync as unzip } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { SampleNode } from '../discovery/sample-node.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { heartbeatOf } from '../testing/fleet.ts';
import { type ControllerUnderTest, controllerUnderTest } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;
const nodes: SampleNode[] = [];
const credentials = new Map<SampleNode, string>();

beforeAll(async () => {
  under = await controllerUnderTest();
});

afterAll(async () => {
  for (const node of nodes) node.close();
  await under.close();
});

const call = (method: string, path: string, body?: unknown, headers = {}) => under.call(path, { method, body, headers });

async function joined(gateway: string, nodeId: string): Promise<SampleNode> {
  const node = new SampleNode(`127.0.0.1:${under.controller.app.get(GrpcServer, { strict: false }).port}`, nodeId);
  nodes.push(node);
  const { body } = await call('POST', `/gateways/${gateway}/tokens`, { validMinutes: 30 });
  const { nodeCredential } = await node.join(body.token);
  credentials.set(node, nodeCredential);
  await connect(node);
  return node;
}

/** Another process of the node, serving at once. */
async function connect(node: SampleNode): Promise<void> {
  const before = node.welcome?.streamEpoch ?? 0;
  node.connect(credentials.get(node) ?? '', { phase: Phase.READY, bootedAtMs: Date.now() + nodes.length + before });
  await waitFor(() => (node.welcome?.streamEpoch ?? 0) > before, { what: 'the welcome' });
  node.send({ $case: 'heartbeat', value: heartbeatOf(node) });
}

const ordersOf = (node: SampleNode, kind: 'restart' | 'collectLogs') =>
  node.orders.flatMap((order) => (order.$case === 'command' && order.value.command?.$case === kind ? [order.value] : []));

const operation = async (id: string) => (await call('GET', `/operations/${id}`)).body;

test('settings reach every node, and what they report is shown beside what is wanted', async () => {
  await call('POST', '/gateways', { name: 'tuned' });
  const [a, b] = [await joined('tuned', 'a'), await joined('tuned', 'b')];
  const before = await call('GET', '/gateways/tuned/settings/properties');
  const put = (values: object, ifMatch: string) =>
    call('PUT', '/gateways/tuned/settings/properties', { values }, { 'if-match': ifMatch });
  const saved = await put({ logLevel: 'debug', serverHeader: 'mine', 'x-team': 'blue' }, before.headers.get('etag') ?? '');
  expect(saved).toMatchObject({ status: 200, body: { desired: { logLevel: 'debug', serverHeader: 'mine' }, operation: null } });
  expect(await put({}, before.headers.get('etag') ?? '')).toMatchObject({ status: 412 });

  const { revision } = saved.body;
  const values = { logLevel: 'debug', serverHeader: 'mine', 'x-team': 'blue' };
  for (const node of [a, b]) {
    await waitFor(
      () => node.orders.some(({ $case, value }) => $case === 'settings' && 'revision' in value && value.revision === revision),
      {
        what: 'the settings',
      },
    );
    expect(node.orders.at(-1)).toMatchObject({ $case: 'settings', value: { values } });
    const effective = { logLevel: 'debug', serverHeader: 'tidegate' };
    node.send({ $case: 'settingsReport', value: { revision, effective, waiting: ['serverHeader'], refused: [] } });
  }
  const shown = await waitFor(
    async () => {
      const { body } = await call('GET', '/gateways/tuned/settings/properties');
      return body.nodes.every((node: { revision: number }) => node.revision === revision) ? body : null;
    },
    { what: 'the reports' },
  );
  expect(shown).toMatchObject({
    effective: { logLevel: 'debug', serverHeader: 'tidegate', accessLog: null },
    restartRequired: true,
  });
  const { body } = await call('GET', '/gateways/tuned');
  expect(body.issues).toMatchObject([{ code: 'RESTART_REQUIRED', severity: 'WARNING', nodes: ['a', 'b'] }]);
  expect(body.status.state).toBe('ONLINE');
});

test('a wrong property names itself and changes nothing', async () => {
  const { status, body } = await call('PUT', '/gateways/default/settings/execution', {
    values: { connectTimeoutMs: 600_001, warp: 1, requestTimeoutMs: 5 },
  });
  expect(status).toBe(400);
  expect(body.errors).toMatchObject([{ field: 'values.connectTimeoutMs' }, { field: 'values.warp', code: 'unknown_field' }]);
  expect((await call('GET', '/gateways/default/settings/execution')).body).toMatchObject({ desired: {} });
  expect((await call('GET', '/gateways/default/settings/nothing')).status).toBe(404);
});

test('where a gateway is found is set like any other property', async () => {
  const values = { publicUrl: 'https://api.example.com', healthCheckPath: '/up' };
  const put = (given: object) => call('PUT', '/gateways/default/settings/location', { values: given });
  expect(await put(values)).toMatchObject({ status: 200, body: { desired: values, restartRequired: false } });
  expect(await put({ publicUrl: 'ftp://x', port: 1 })).toMatchObject({ status: 400 });
  expect((await call('GET', '/gateways/default')).body.gatewayUrl).toBe('https://api.example.com');
});

test('a rolling restart takes one node after the other, and waits for each', async () => {
  await call('POST', '/gateways', { name: 'rolled' });
  expect(await call('POST', '/gateways/rolled/restart', {})).toMatchObject({ status: 409, body: { code: 'GATEWAY_OFFLINE' } });
  const [a, b] = [await joined('rolled', 'a'), await joined('rolled', 'b')];
  const started = await call('POST', '/gateways/rolled/restart', { forceAfterMinutes: 2, reason: 'because' });
  expect(started).toMatchObject({ status: 202, body: { kind: 'restart', state: 'open', total: 2, limitSeconds: 180 } });
  expect(await call('POST', '/gateways/rolled/restart', {})).toMatchObject({ status: 423, body: { code: 'OPERATION_RUNNING' } });

  await waitFor(() => ordersOf(a, 'restart').length === 1, { what: 'the first command' });
  expect(ordersOf(a, 'restart')[0]).toMatchObject({ command: { value: { forceAfterMs: 120_000 } } });
  await waitFor(async () => (await operation(started.body.id)).nodes[0].state === 'told', { what: 'its clock' });
  expect((await call('GET', '/gateways/rolled')).body.status).toMatchObject({
    state: 'RESTARTING',
    operation: { done: 0, total: 2 },
  });
  expect(ordersOf(b, 'restart')).toEqual([]);

  // The stream breaks before the process ends: the same process is told again, with the same id.
  a.send({ $case: 'lifecycle', value: { phase: Phase.STOPPED, reason: 'restart', graceMs: 0, cutRequests: 0 } });
  await connect(a);
  await waitFor(() => ordersOf(b, 'restart').length === 1, { what: 'the second command' });
  expect((await operation(started.body.id)).done).toBe(1);
  await connect(b);
  const over = await waitFor(
    async () => ((await operation(started.body.id)).state === 'open' ? null : operation(started.body.id)),
    {
      what: 'the end',
    },
  );
  expect(over).toMatchObject({ state: 'succeeded', done: 2, failure: null });
  expect((await call('GET', '/gateways/rolled')).body.status).toMatchObject({ state: 'ONLINE', operation: null });
  expect(await call('POST', `/operations/${started.body.id}/cancel`, {})).toMatchObject({ status: 409 });
  expect((await call('GET', '/gateways/rolled/operations')).body.operations).toHaveLength(1);
});

test('a command goes again to the same process over its next stream, and to no other process', async () => {
  await call('POST', '/gateways', { name: 'flaky' });
  const node = await joined('flaky', 'a');
  const { body } = await call('POST', '/gateways/flaky/restart', { strategy: 'all' });
  await waitFor(() => ordersOf(node, 'restart').length === 1, { what: 'the command' });
  const { bootId } = { bootId: 'same-process' };
  node.connect(credentials.get(node) ?? '', { bootId, bootedAtMs: Date.now() + 1000 });
  // Another process: that is the restart.
  await waitFor(async () => (await operation(body.id)).state === 'succeeded', { what: 'the end' });
  expect(ordersOf(node, 'restart')).toHaveLength(1);

  const second = await call('POST', '/gateways/flaky/restart', { strategy: 'all' });
  await waitFor(() => ordersOf(node, 'restart').length === 2, { what: 'the second command' });
  node.connect(credentials.get(node) ?? '', { bootId, bootedAtMs: Date.now() + 1000 });
  await waitFor(() => ordersOf(node, 'restart').length === 3, { what: 'the same command again' });
  const [, told, again] = ordersOf(node, 'restart');
  expect(again).toEqual(told);
  expect(await call('POST', `/operations/${second.body.id}/cancel`, {})).toMatchObject({
    status: 202,
    body: { state: 'cancelled' },
  });
});

test('logs come from the nodes that are there, as one archive, and only when they are', async () => {
  await call('POST', '/gateways', { name: 'logged' });
  expect(await call('POST', '/gateways/logged/log-requests', {})).toMatchObject({
    status: 409,
    body: { code: 'GATEWAY_OFFLINE' },
  });
  const node = await joined('logged', 'a');
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  expect(await call('POST', '/gateways/logged/log-requests', { date: tomorrow })).toMatchObject({ status: 400 });

  const { body: asked } = await call('POST', '/gateways/logged/log-requests', { includeConfig: true });
  const at = `/gateways/logged/log-requests/${asked.id}`;
  expect(asked).toMatchObject({ state: 'PENDING', nodes: [{ id: 'a', done: false }] });
  expect(await call('GET', `${at}/content`)).toMatchObject({ status: 409, body: { code: 'LOGS_PENDING' } });
  const [command] = await waitFor(() => (ordersOf(node, 'collectLogs').length === 1 ? ordersOf(node, 'collectLogs') : null), {
    what: 'the command',
  });
  expect(command).toMatchObject({ command: { value: { includeConfig: true, includeCrash: false, date: '' } } });
  const commandId = command?.id ?? '';
  const parts = ['one\n', 'two\n'].map((text) => ({ commandId, name: 'router.log', data: Buffer.from(text) }));
  for (const value of parts) node.send({ $case: 'logPart', value });
  // Of a command that it was not given nothing is kept.
  node.send({ $case: 'logPart', value: { commandId: asked.id, name: 'router.log', data: Buffer.from('strange') } });
  node.send({ $case: 'commandResult', value: { commandId, ok: true, message: '2 lines' } });
  await waitFor(async () => (await call('GET', at)).body.state === 'READY', { what: 'the logs' });
  const response = await fetch(`http://127.0.0.1:${under.controller.port}${at}/content`, {
    headers: { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` },
  });
  const files = unzip(new Uint8Array(await response.arrayBuffer()));
  expect(Object.keys(files).sort()).toEqual(['a/router.log', 'nodes.txt']);
  expect(Buffer.from(files['a/router.log'] ?? []).toString()).toBe('one\ntwo\n');
});

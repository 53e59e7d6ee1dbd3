import { EntryKind, Phase } from '@tidegate/gateway-ir';
import { tcpFaultProxy } from '@tidegate/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type Fleet, heartbeatOf, openFleet, until } from '../testing/fleet.ts';
import { deploy, type SampleReplica, startReplica } from './sample-replica.ts';

let fleet: Fleet;
let replica: SampleReplica;

beforeEach(async () => {
  fleet = await openFleet();
  ({ replica } = fleet);
});

afterEach(() => fleet.close());

test('what a node says is stored, and counts for propagation on every replica', async () => {
  const other = await startReplica(fleet.database.url);
  fleet.closing.push(other);
  const alone = await deploy(replica, { handle: 'early' });
  expect(await receiptOf(alone, 5000)).toEqual({ state: 'pending', nodes: [] });

  const { node } = await fleet.served();
  const { node: slow } = await fleet.served('node-2');
  slow.holding = true;
  const pets = await deploy(replica, { handle: 'pets' });
  const partial = await receiptOf(pets, 300);
  expect(partial).toMatchObject({ state: 'partial', nodes: [{ id: 'node-1' }, { id: 'node-2', appliedAt: null, ms: null }] });
  const waiting = receiptOf(pets, 20_000);
  slow.answer();
  expect(await waiting).toMatchObject({
    state: 'programmed',
    nodes: [{ id: 'node-1' }, { id: 'node-2', ms: expect.any(Number) as number }],
  });

  node.send({ $case: 'lifecycle', value: { phase: Phase.DRAINING, reason: 'SIGTERM', graceMs: 7000, cutRequests: 0 } });
  await until('DRAINING', async () => (await fleet.stored()).phase === 'draining');
  expect(await fleet.stored()).toMatchObject({
    phase_reason: 'SIGTERM',
    drain_grace_ms: 7000,
    stopping_at: expect.any(Date) as Date,
    acked: 3,
  });
  node.send({ $case: 'lifecycle', value: { phase: Phase.STOPPED, reason: '', graceMs: 0, cutRequests: 3 } });
  await until('STOPPED', async () => (await fleet.stored()).phase === 'stopped');
  const { rows } = await replica.pool.query(
    `SELECT lease_until > now() AS live, cut_requests FROM node WHERE node_id = 'node-1'`,
  );
  expect(rows).toEqual([{ live: false, cut_requests: 3 }]);

  function receiptOf({ written }: typeof pets, timeoutMs: number) {
    return other.propagation.wait(replica.gatewayId, written.versions.get(replica.gatewayId)!, written.committedAtMs, timeoutMs);
  }
});

test('a node that could not build the API has not programmed it, and says why', async () => {
  const { node } = await fleet.served();
  await fleet.served('node-2');
  const { id: apiId } = await deploy(replica, { handle: 'bystander' });
  node.rejecting = [{ kind: EntryKind.ROUTES, id: `${apiId}/default`, code: 'policy_failed', message: 'No policy "nope" v1' }];
  const { written } = await deploy(replica, { handle: 'pets' });
  const version = written.versions.get(replica.gatewayId) as number;
  const receipt = (api: string | null) =>
    replica.propagation.wait(replica.gatewayId, version, written.committedAtMs, 20_000, api);
  expect(await receipt(apiId)).toMatchObject({
    state: 'partial',
    nodes: [{ id: 'node-1', appliedAt: null, ms: null, rejected: 'No policy "nope" v1' }, { id: 'node-2' }],
  });
  expect(await receipt('another-api')).toMatchObject({ state: 'programmed' });
});

test('what a crash of the database forgot of an ack comes back with the next heartbeat; repeating it is no news', async () => {
  await deploy(replica, { handle: 'pets' });
  const { node } = await fleet.served();
  await until('the ack', async () => (await fleet.stored()).acked === 2);
  await replica.pool.query(`UPDATE node SET acked_version = 1, acked_hash = NULL, acked_at = now() - interval '1 hour'`);
  node.send({ $case: 'heartbeat', value: heartbeatOf(node) });
  await until('the ack again', async () => (await fleet.stored()).acked === 2);
  const { acked_at: at } = await fleet.stored();
  expect(Date.now() - at.getTime()).toBeLessThan(600_000);
  node.send({ $case: 'heartbeat', value: { ...heartbeatOf(node), rssBytes: 8 } });
  await until('the next heartbeat', async () => (await fleet.stored()).health.rssBytes === 8);
  expect((await fleet.stored()).acked_at).toEqual(at);
});

test('a database that stops answering in the middle is given up; what nodes said meanwhile is stored afterwards', async () => {
  const url = new URL(fleet.database.url);
  const proxy = await tcpFaultProxy({ target: url.host });
  fleet.closing.push(proxy);
  url.host = proxy.address;
  const cutOff = await startReplica(url.href, { queryTimeout: '500ms' });
  fleet.closing.push(cutOff);
  const { node, credential } = await fleet.joined('node-1', cutOff);
  node.connect(credential);
  await until('the listing', () => node.pushes.length === 1);
  const client = await cutOff.pool.connect();
  proxy.hang();
  node.send({ $case: 'lifecycle', value: { phase: Phase.DRAINING, reason: 'said into the void', graceMs: 0, cutRequests: 0 } });
  await expect(cutOff.credentials.verify(credential)).rejects.toThrow('timeout');
  await expect(client.query('SELECT 1')).rejects.toThrow('Query read timeout');
  client.release(true);
  proxy.heal();
  await until('the report', async () => {
    node.send({ $case: 'heartbeat', value: { ...heartbeatOf(node), phase: Phase.DRAINING } });
    return (await fleet.stored()).phase_reason === 'said into the void';
  });
});

test('what one node claims of itself cannot keep the words of others from being stored', async () => {
  const { node } = await fleet.served();
  const { node: other } = await fleet.served('node-2');
  const value = { phase: Phase.DRAINING, reason: '', graceMs: 2 ** 32 - 1, cutRequests: 2 ** 32 - 1 };
  node.send({ $case: 'lifecycle', value });
  other.send({ $case: 'lifecycle', value: { ...value, graceMs: 1 } });
  await until(
    'both',
    async () => (await fleet.stored()).phase === 'draining' && (await fleet.stored('node-2')).phase === 'draining',
  );
  expect((await fleet.stored()).drain_grace_ms).toBe(2 ** 31 - 1);
});

import { status } from '@grpc/grpc-js';
import { EntryKind } from '@tidegate/gateway-ir';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type Fleet, openFleet, until } from '../testing/fleet.ts';
import { SampleNode } from './sample-node.ts';
import { addKey, deploy, revokeKey, type SampleReplica, startReplica, touch } from './sample-replica.ts';

let fleet: Fleet;
let replica: SampleReplica;

beforeEach(async () => {
  fleet = await openFleet();
  ({ replica } = fleet);
});

afterEach(() => fleet.close());

test('an empty gateway is a full listing of nothing; then each change is a delta', async () => {
  const { node } = await fleet.served();
  expect(node.welcome).toMatchObject({ heartbeatMs: 5000, leaseMs: 15_000, epoch: 1, streamEpoch: 1, gatewayHandle: 'default' });
  expect(node.pushes).toEqual([{ fromVersion: 0, version: 1, epoch: 1, deletionsConfirmed: false, upserts: [], removes: [] }]);

  const pets = await deploy(replica, { handle: 'pets' });
  await until('version 2', () => node.version === 2);
  const keyId = await addKey(replica, pets.id);
  await until('version 3', () => node.version === 3);
  await revokeKey(replica, keyId);
  await until('version 4', () => node.version === 4);
  expect(node.pushes.slice(1)).toEqual([
    { fromVersion: 1, version: 2, epoch: 1, deletionsConfirmed: false, upserts: [pets.deploymentId], removes: [] },
    { fromVersion: 2, version: 3, epoch: 1, deletionsConfirmed: false, upserts: [keyId], removes: [] },
    { fromVersion: 3, version: 4, epoch: 1, deletionsConfirmed: false, upserts: [], removes: [keyId] },
  ]);
  expect([...node.table.values()].map(({ kind, id }) => ({ kind, id }))).toEqual([
    { kind: EntryKind.ROUTES, id: pets.deploymentId },
  ]);
});

test('how routers answer is counted, and how long an answer took', async () => {
  const pets = await deploy(replica, { handle: 'pets' });
  const { node } = await fleet.served();
  node.rejecting = [{ kind: EntryKind.ROUTES, id: pets.deploymentId, code: 'policy', message: 'cannot be built' }];
  const last = await touch(replica, pets);
  await until('the node', () => node.version === last);
  await expect.poll(() => replica.metrics()).toMatch(/tidegate_discovery_answers_total\{answer="rejected"\} 1/);
  const text = await replica.metrics();
  expect(text).toContain('tidegate_discovery_answers_total{answer="applied"} 1');
  expect(text).toContain('gateway_controller_deployment_latency_seconds_count 2');
});

test('while a node is busy versions coalesce into one delta', async () => {
  const pets = await deploy(replica, { handle: 'pets' });
  const { node } = await fleet.served();
  node.holding = true;
  await touch(replica, pets);
  await until('a push to hold', () => node.unanswered === 1);
  for (let more = 0; more < 5; more++) await touch(replica, pets);
  const last = await touch(replica, pets);
  await until('the store', () => replica.store.version(replica.gatewayId) === last);
  node.holding = false;
  node.answer();
  await until('the last version', () => node.version === last);
  expect(node.pushes.map(({ fromVersion, version }) => [fromVersion, version])).toEqual([
    [0, 2],
    [2, 3],
    [3, last],
  ]);
});

test('a reconnecting node gets nothing, a delta or a listing, as it needs', async () => {
  const pets = await deploy(replica, { handle: 'pets' });
  const { node, credential } = await fleet.served();
  const reconnect = async () => {
    const before = node.welcome?.streamEpoch ?? 0;
    node.connect(credential);
    await until('the next welcome', () => (node.welcome?.streamEpoch ?? 0) > before);
  };
  await reconnect();
  await touch(replica, pets);
  await until('the delta', () => node.version === 3);
  expect(node.pushes.at(-1)).toMatchObject({ fromVersion: 2, version: 3 });
  expect(node.pushes).toHaveLength(2);

  // Older than the tombstones that are kept
  await replica.pool.query(`INSERT INTO gateway_change_floor VALUES ($1, 4)`, [replica.gatewayId]);
  node.holding = true;
  await touch(replica, pets);
  await touch(replica, pets);
  const known = () => replica.store.snapshot(replica.gatewayId);
  await until('the floor', () => known()?.floor === 4 && known()?.version === 5);
  node.holding = false;
  await reconnect();
  await until('the listing', () => node.version === 5);
  expect(node.pushes.at(-1)).toMatchObject({ fromVersion: 0, version: 5 });
});

test('a delta that does not add up is not applied; the node asks for a listing and gets it', async () => {
  const pets = await deploy(replica, { handle: 'pets' });
  const { node } = await fleet.served();
  node.table.clear();
  await touch(replica, pets);
  await until('a table with the API again', () => node.version === 3 && node.table.size === 1);
  await deploy(replica, { handle: 'dogs' });
  await until('both', () => node.version === 4);
  node.table.clear();
  await touch(replica, pets);
  await until('the listing', () => node.version === 5 && node.table.size === 2);
  expect(node.pushes.map(({ fromVersion, version }) => [fromVersion, version])).toEqual([
    [0, 2],
    [2, 3],
    [3, 4],
    [4, 5],
    [0, 5],
  ]);
  await until('the report', async () => (await fleet.stored()).acked === 5 && (await fleet.stored()).nacked === null);
});

test('a follower on another replica serves what was written here', async () => {
  const other = await startReplica(fleet.database.url);
  fleet.closing.push(other);
  const { node, credential } = await fleet.joined('node-1', other);
  node.connect(credential);
  await deploy(replica, { handle: 'pets' });
  await until('the API', () => node.version === 2 && node.table.size === 1);
});

test('a revoked credential ends its stream and opens no other; unknown ones are refused', async () => {
  const { node, credential } = await fleet.served();
  await replica.credentials.revoke(replica.gatewayId, 'node-1');
  await until('the end', () => node.ended?.code === status.UNAUTHENTICATED);
  node.connect(credential);
  await until('the refusal', () => node.ended?.code === status.UNAUTHENTICATED);
  const stranger = new SampleNode(replica.address);
  fleet.closing.push(stranger);
  stranger.connect('tgn_nobody');
  await until('the refusal', () => stranger.ended?.code === status.UNAUTHENTICATED);
});

test('a revocation that no notification announced ends the stream too', async () => {
  const { node } = await fleet.served();
  await replica.pool.query(`UPDATE node_credential SET revoked_at = now()`);
  await until('the end', () => node.ended?.code === status.UNAUTHENTICATED);
});

test('of two processes of one node the newer wins; a credential speaks for its own node only', async () => {
  const { node, credential } = await fleet.served();
  const newer = new SampleNode(replica.address);
  fleet.closing.push(newer);
  newer.connect(credential, { bootedAtMs: Date.now() + 1000 });
  await until('the older to go', () => node.ended?.code === status.ALREADY_EXISTS);
  await until('the newer to be served', () => newer.pushes.length === 1);
  node.connect(credential, { bootedAtMs: Date.now() - 1000 });
  await until('the older to be refused', () => node.ended?.code === status.ALREADY_EXISTS);
  expect(newer.ended).toBeNull();

  const thief = new SampleNode(replica.address, 'node-2');
  fleet.closing.push(thief);
  thief.connect(credential);
  await until('the refusal', () => thief.ended?.code === status.PERMISSION_DENIED);
});

test('a credential past two fifths of its life is renewed on the stream', async () => {
  const { node, credential } = await fleet.joined();
  await replica.pool.query(
    `UPDATE node_credential SET issued_at = now() - interval '15 days', expires_at = now() + interval '15 days'`,
  );
  node.connect(credential);
  await until('a new credential', () => node.renewed !== null);
  const renewed = node.renewed?.credential?.value ?? '';
  const again = new SampleNode(replica.address);
  fleet.closing.push(again);
  again.connect(renewed);
  await until('a stream by the new credential', () => again.pushes.length === 1);
});

test('a stopping controller ends its streams, those that come back at once too', async () => {
  const other = await startReplica(fleet.database.url);
  const { node, credential } = await fleet.joined('node-1', other);
  node.connect(credential);
  await until('the listing', () => node.pushes.length === 1);
  const stopped = other.close();
  await until('the end', () => node.ended?.code === status.UNAVAILABLE);
  node.connect(credential);
  await stopped;
  await until('the end', () => node.ended !== null);
});

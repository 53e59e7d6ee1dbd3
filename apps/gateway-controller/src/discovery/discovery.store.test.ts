import { status } from '@grpc/grpc-js';
import { EntryKind, Phase } from '@tidegate/gateway-ir';
import { freshDatabase, type FreshDatabase, waitFor } from '@tidegate/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { SampleNode } from './sample-node.ts';
import { addKey, deploy, migrate, revokeKey, type SampleReplica, startReplica, touch } from './sample-replica.ts';

let database: FreshDatabase;
let replica: SampleReplica;
let closing: { close(): unknown }[];

beforeEach(async () => {
  database = await freshDatabase(migrate);
  replica = await startReplica(database.url);
  closing = [];
});

afterEach(async () => {
  for (const one of closing.toReversed()) await one.close();
  await replica.close();
  await database.drop();
});

async function joined(nodeId = 'node-1', at: SampleReplica = replica): Promise<{ node: SampleNode; credential: string }> {
  const node = new SampleNode(at.address, nodeId);
  closing.push(node);
  const { token } = await at.joinTokens.issue(at.gatewayId, 3_600_000, 'test');
  const { nodeCredential } = await node.join(token);
  return { node, credential: nodeCredential };
}

function until(what: string, condition: () => unknown): Promise<unknown> {
  return waitFor(condition, { what });
}

/** A node that holds everything there is. */
async function served(nodeId?: string): Promise<{ node: SampleNode; credential: string }> {
  const one = await joined(nodeId);
  await replica.store.catchUp(replica.gatewayId);
  one.node.connect(one.credential);
  await until(
    'the first listing',
    () => one.node.pushes.length > 0 && one.node.version === replica.store.version(replica.gatewayId),
  );
  return one;
}

async function stored(nodeId = 'node-1') {
  const { rows } = await replica.pool.query(`SELECT *, acked_version::int AS acked FROM node WHERE node_id = $1`, [nodeId]);
  return rows[0];
}

test('an empty gateway is a full listing of nothing; then each change is a delta', async () => {
  const { node } = await served();
  expect(node.welcome).toMatchObject({ heartbeatMs: 5000, leaseMs: 15_000, epoch: 1, streamEpoch: 1, gatewayHandle: 'default' });
  expect(node.pushes).toEqual([{ fromVersion: 0, version: 1, epoch: 1, upserts: [], removes: [] }]);

  const pets = await deploy(replica, { handle: 'pets' });
  await until('version 2', () => node.version === 2);
  const keyId = await addKey(replica, pets.id);
  await until('version 3', () => node.version === 3);
  await revokeKey(replica, keyId);
  await until('version 4', () => node.version === 4);
  expect(node.pushes.slice(1)).toEqual([
    { fromVersion: 1, version: 2, epoch: 1, upserts: [pets.deploymentId], removes: [] },
    { fromVersion: 2, version: 3, epoch: 1, upserts: [keyId], removes: [] },
    { fromVersion: 3, version: 4, epoch: 1, upserts: [], removes: [keyId] },
  ]);
  expect([...node.table.values()].map(({ kind, id }) => ({ kind, id }))).toEqual([
    { kind: EntryKind.ROUTES, id: pets.deploymentId },
  ]);
});

test('while a node is busy versions coalesce into one delta', async () => {
  const pets = await deploy(replica, { handle: 'pets' });
  const { node } = await served();
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
  const { node, credential } = await served();
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
  await until('the floor', () => replica.store.snapshot(replica.gatewayId)?.floor === 4);
  node.holding = false;
  await reconnect();
  await until('the listing', () => node.version === 5);
  expect(node.pushes.at(-1)).toMatchObject({ fromVersion: 0, version: 5 });
});

test('a delta that does not add up is not applied; the node asks for a listing and gets it', async () => {
  const pets = await deploy(replica, { handle: 'pets' });
  const { node } = await served();
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
  await until('the report', async () => (await stored()).acked === 5 && (await stored()).nacked === null);
});

test('what a node says is stored, and counts for propagation on every replica', async () => {
  const other = await startReplica(database.url);
  closing.push(other);
  const alone = await deploy(replica, { handle: 'early' });
  expect(await receiptOf(alone, 5000)).toEqual({ state: 'pending', nodes: [] });

  const { node } = await served();
  const { node: slow } = await served('node-2');
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
  await until('DRAINING', async () => (await stored()).phase === 'draining');
  expect(await stored()).toMatchObject({
    phase_reason: 'SIGTERM',
    drain_grace_ms: 7000,
    stopping_at: expect.any(Date) as Date,
    acked: 3,
  });
  node.send({ $case: 'lifecycle', value: { phase: Phase.STOPPED, reason: '', graceMs: 0, cutRequests: 3 } });
  await until('STOPPED', async () => (await stored()).phase === 'stopped');
  const { rows } = await replica.pool.query(
    `SELECT lease_until > now() AS live, cut_requests FROM node WHERE node_id = 'node-1'`,
  );
  expect(rows).toEqual([{ live: false, cut_requests: 3 }]);

  function receiptOf({ written }: typeof pets, timeoutMs: number) {
    return other.propagation.wait(replica.gatewayId, written.versions.get(replica.gatewayId)!, written.committedAtMs, timeoutMs);
  }
});

test('a follower on another replica serves what was written here', async () => {
  const other = await startReplica(database.url);
  closing.push(other);
  const { node, credential } = await joined('node-1', other);
  node.connect(credential);
  await deploy(replica, { handle: 'pets' });
  await until('the API', () => node.version === 2 && node.table.size === 1);
});

test('a revoked credential ends its stream and opens no other; unknown ones are refused', async () => {
  const { node, credential } = await served();
  await replica.credentials.revoke(replica.gatewayId, 'node-1');
  await until('the end', () => node.ended?.code === status.UNAUTHENTICATED);
  node.connect(credential);
  await until('the refusal', () => node.ended?.code === status.UNAUTHENTICATED);
  const stranger = new SampleNode(replica.address);
  closing.push(stranger);
  stranger.connect('tgn_nobody');
  await until('the refusal', () => stranger.ended?.code === status.UNAUTHENTICATED);
});

test('a revocation that no notification announced ends the stream too', async () => {
  const { node } = await served();
  await replica.pool.query(`UPDATE node_credential SET revoked_at = now()`);
  await until('the end', () => node.ended?.code === status.UNAUTHENTICATED);
});

test('of two processes of one node the newer wins; a credential speaks for its own node only', async () => {
  const { node, credential } = await served();
  const newer = new SampleNode(replica.address);
  closing.push(newer);
  newer.connect(credential, { bootedAtMs: Date.now() + 1000 });
  await until('the older to go', () => node.ended?.code === status.ALREADY_EXISTS);
  await until('the newer to be served', () => newer.pushes.length === 1);
  node.connect(credential, { bootedAtMs: Date.now() - 1000 });
  await until('the older to be refused', () => node.ended?.code === status.ALREADY_EXISTS);
  expect(newer.ended).toBeNull();

  const thief = new SampleNode(replica.address, 'node-2');
  closing.push(thief);
  thief.connect(credential);
  await until('the refusal', () => thief.ended?.code === status.PERMISSION_DENIED);
});

test('a credential past two fifths of its life is renewed on the stream', async () => {
  const { node, credential } = await joined();
  await replica.pool.query(
    `UPDATE node_credential SET issued_at = now() - interval '15 days', expires_at = now() + interval '15 days'`,
  );
  node.connect(credential);
  await until('a new credential', () => node.renewed !== null);
  const renewed = node.renewed?.credential?.value ?? '';
  const again = new SampleNode(replica.address);
  closing.push(again);
  again.connect(renewed);
  await until('a stream by the new credential', () => again.pushes.length === 1);
});

test('a node ahead of a restored backup starts a new epoch above what it saw', async () => {
  const pets = await deploy(replica, { handle: 'pets' });
  const { node, credential } = await served();
  Object.assign(node, { version: 40 });
  node.connect(credential);
  await until('the new epoch', () => node.epoch === 2);
  expect(node.version).toBeGreaterThan(40);
  expect(node.pushes.at(-1)).toMatchObject({ fromVersion: 0, upserts: [pets.deploymentId] });

  const next = await touch(replica, pets);
  await until('versions to go on', () => node.version === next);
});

test('a key that a node saw revoked and a backup brought back is held', async () => {
  const pets = await deploy(replica, { handle: 'pets' });
  const keyId = await addKey(replica, pets.id);
  const { node, credential } = await served();
  expect(node.table.size).toBe(2);
  const other = await joined('node-2');
  other.node.connect(other.credential, { revokedKeyIds: [keyId] });
  await until('everybody without the key', () => [node, other.node].every(({ epoch, table }) => epoch === 2 && table.size === 1));
  const { rows } = await replica.pool.query(`SELECT held_at IS NOT NULL AS held FROM api_key`);
  expect(rows).toEqual([{ held: true }]);
  // The report is history now: it proves nothing more.
  node.connect(credential, { revokedKeyIds: [keyId] });
  await until('the stream', () => node.welcome?.streamEpoch === 2);
  expect(node.welcome?.epoch).toBe(2);
});

test('a stopping controller ends its streams, those that come back at once too', async () => {
  const other = await startReplica(database.url);
  const { node, credential } = await joined('node-1', other);
  node.connect(credential);
  await until('the listing', () => node.pushes.length === 1);
  const stopped = other.close();
  await until('the end', () => node.ended?.code === status.UNAVAILABLE);
  node.connect(credential);
  await stopped;
  await until('the end', () => node.ended !== null);
});

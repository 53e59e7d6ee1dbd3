import { ApiKey, ApiRoutes, EntryKind } from '@tidegate/gateway-ir';
import { freshDatabase, type FreshDatabase, waitFor } from '@tidegate/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { addKey, deploy, type SampleReplica, startReplica, touch } from './sample-replica.ts';
import { migrate } from '../testing/migrate.ts';

let database: FreshDatabase;
let writer: SampleReplica;
let follower: SampleReplica;

beforeEach(async () => {
  database = await freshDatabase(migrate);
  writer = await startReplica(database.url);
  follower = await startReplica(database.url);
});

afterEach(async () => {
  await Promise.all([writer.close(), follower.close()]);
  await database.drop();
});

function snapshot(replica: SampleReplica) {
  return replica.store.snapshot(replica.gatewayId)!;
}

function reached(version: number) {
  return waitFor(() => follower.store.version(follower.gatewayId) === version, { what: `version ${version} at the follower` });
}

test('replicas derive the same table, as they follow and from nothing', async () => {
  const pets = await deploy(writer, { handle: 'pets' });
  const keyId = await addKey(writer, pets.id);
  await reached(3);
  await writer.store.catchUp(writer.gatewayId);
  const late = await startReplica(database.url);
  try {
    expect(Buffer.from(snapshot(late).hash)).toEqual(Buffer.from(snapshot(writer).hash));
    expect(Buffer.from(snapshot(follower).hash)).toEqual(Buffer.from(snapshot(writer).hash));
    const [routes, key] = snapshot(late)
      .all()
      .toSorted((a, b) => a.kind - b.kind);
    expect(ApiRoutes.decode(routes!.content!)).toMatchObject({
      deploymentId: pets.deploymentId,
      apiHandle: 'pets',
      generation: 1,
    });
    expect(ApiKey.decode(key!.content!)).toMatchObject({ id: keyId, apiId: pets.id, expiresAtMs: 0 });
  } finally {
    await late.close();
  }
});

test('a change that no notification announced is found by the sweep', async () => {
  const pets = await deploy(writer, { handle: 'pets' });
  await reached(2);
  await writer.pool.query(`WITH bumped AS (UPDATE gateway SET version = 3)
    UPDATE gateway_change SET version = 3, removed = true WHERE entry_id = '${pets.deploymentId}'`);
  await reached(3);
  expect(snapshot(follower).count).toBe(0);
});

test('catching up sees what was committed before the call', async () => {
  const pets = await deploy(writer, { handle: 'pets' });
  for (let round = 0; round < 20; round++) {
    const version = await touch(writer, pets);
    expect(await follower.store.catchUp(follower.gatewayId)).toBe(version);
  }
});

test('undeployed APIs are not served but keep their routes; the owner does not clash with itself', async () => {
  const pets = await deploy(writer, { handle: 'pets', context: '/shared', desiredState: 'undeployed' });
  const cats = await deploy(writer, { handle: 'cats' });
  await reached(3);
  expect(
    snapshot(follower)
      .all()
      .map(({ id }) => id),
  ).toEqual([cats.deploymentId]);

  const [source] = snapshot(follower).all();
  const routes = ApiRoutes.decode(source!.content!);
  expect(follower.store.clashes(follower.gatewayId, routes)).toEqual([]);
  await writer.pool.query(`UPDATE api SET desired_state = 'deployed' WHERE id = $1`, [pets.id]);
  await touch(writer, pets);
  await reached(4);
  const shared = ApiRoutes.decode(
    snapshot(follower)
      .all()
      .find(({ id }) => id === pets.deploymentId)!.content!,
  );
  const intruder = { ...shared, deploymentId: 'someone/else' };
  expect(follower.store.clashes(follower.gatewayId, intruder)).toMatchObject([
    { method: 'GET', path: '/shared/pets', ownerHandle: 'pets' },
  ]);
});

test('a stored document that no longer compiles hurts nobody else', async () => {
  const broken = await deploy(writer, { handle: 'broken', document: { kind: 'Nonsense' } });
  const pets = await deploy(writer, { handle: 'pets' });
  await reached(3);
  expect(
    snapshot(follower)
      .all()
      .map(({ id }) => id),
  ).toEqual([pets.deploymentId]);
  expect(follower.store.issues(follower.gatewayId)).toMatchObject([{ deploymentId: broken.deploymentId, apiHandle: 'broken' }]);
});

test('a held key is not served', async () => {
  const pets = await deploy(writer, { handle: 'pets' });
  const keyId = await addKey(writer, pets.id);
  await writer.pool.query(`UPDATE api_key SET held_at = now()`);
  await writer.writer.write([writer.gatewayId], async () => ({
    result: null,
    changes: [{ gatewayId: writer.gatewayId, kind: EntryKind.API_KEY, entryId: keyId, removed: false }],
  }));
  await reached(4);
  expect(snapshot(follower).since(3)).toMatchObject([{ id: keyId, removed: true }]);
});

test('a database that went back under a running replica starts a new epoch', async () => {
  const pets = await deploy(writer, { handle: 'pets' });
  for (let version = 3; version <= 6; version++) await touch(writer, pets);
  await reached(6);
  await writer.pool.query(`WITH back AS (UPDATE gateway SET version = 3) UPDATE gateway_change SET version = 3`);
  await waitFor(() => [writer, follower].every(({ store }) => store.epoch === 2), { what: 'the new epoch everywhere' });
  await waitFor(() => follower.store.version(follower.gatewayId) > 6, { what: 'a version above every one seen' });
  expect(
    snapshot(follower)
      .all()
      .map(({ id }) => id),
  ).toEqual([pets.deploymentId]);
});

test('a database that went back to an earlier epoch starts one above both', async () => {
  await deploy(writer, { handle: 'pets' });
  const epoch = await writer.epochs.restored(new Date());
  await waitFor(() => follower.store.epoch === epoch, { what: 'the epoch at the follower' });
  await writer.pool.query(`UPDATE installation SET epoch = 1`);
  await waitFor(() => [writer, follower].every(({ store }) => store.epoch > epoch), { what: 'a higher epoch everywhere' });
});

test('after a broken connection the store reads on', async () => {
  await writer.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  const pets = await waitFor(() => deploy(writer, { handle: 'pets' }), { what: 'a write' });
  await reached(2);
  const next = await touch(writer, pets);
  await reached(next);
});

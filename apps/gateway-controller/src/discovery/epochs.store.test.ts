import { status } from '@grpc/grpc-js';
import { EntryKind } from '@tidegate/gateway-ir';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type Fleet, heartbeatOf, openFleet, until } from '../testing/fleet.ts';
import { addKey, deploy, type SampleReplica, startReplica, touch } from './sample-replica.ts';

let fleet: Fleet;
let replica: SampleReplica;

beforeEach(async () => {
  fleet = await openFleet();
  ({ replica } = fleet);
});

afterEach(() => fleet.close());

test('a node ahead of a restored backup starts a new epoch above what it saw', async () => {
  const pets = await deploy(replica, { handle: 'pets' });
  const { node, credential } = await fleet.served();
  Object.assign(node, { version: 40 });
  node.connect(credential);
  await until('the new epoch', () => node.epoch === 2);
  expect(node.version).toBeGreaterThan(40);
  expect(node.pushes.at(-1)).toMatchObject({ fromVersion: 0, upserts: [pets.deploymentId] });

  const next = await touch(replica, pets);
  await until('versions to go on', () => node.version === next);
});

test('a node from a numbering that cannot be ours is refused, and moves nothing', async () => {
  const { node, credential } = await fleet.joined();
  for (const claim of [{ version: 2 ** 50 }, { epoch: 2 ** 50, version: 1 }]) {
    node.connect(credential, { epoch: 1, ...claim });
    await until('the refusal', () => node.ended?.code === status.INVALID_ARGUMENT);
  }
  expect(replica.store.epoch).toBe(1);
});

test('deletions of a new epoch wait on the nodes that refuse them until somebody confirms, on whichever replica', async () => {
  const other = await startReplica(fleet.database.url);
  fleet.closing.push(other);
  await deploy(replica, { handle: 'pets' });
  const { node } = await fleet.served();
  const away = await fleet.served('node-2');
  // a backup from before the API
  await replica.pool.query(
    `WITH gone AS (DELETE FROM api), forgotten AS (DELETE FROM gateway_change) UPDATE gateway SET version = 1`,
  );
  await until('the refusals', async () => (await fleet.stored('node-1')).nacked && (await fleet.stored('node-2')).nacked);
  expect(await fleet.stored()).toMatchObject({
    acked_epoch: '1',
    nacked: { epoch: 2, code: 'deletions_need_confirmation', at: expect.any(String) as string },
  });
  const pushes = node.pushes.length;
  node.send({ $case: 'heartbeat', value: heartbeatOf(node) });
  await until('the heartbeat', async () => (await fleet.stored()).health.rssBytes === 7);
  expect((await fleet.stored()).nacked).toMatchObject({ epoch: 2 });
  expect([node.pushes.length, node.table.size]).toEqual([pushes, 1]);

  const confirmed = await other.epochs.confirmDeletions(replica.gatewayId);
  expect(confirmed.result).toMatchObject({ epoch: 2 });
  await until('nothing to be left', () => [node, away.node].every(({ epoch, table }) => epoch === 2 && table.size === 0));
  expect(node.pushes.at(-1)).toMatchObject({ fromVersion: 0, version: confirmed.result.version, deletionsConfirmed: true });
  await until('no nack', async () => (await fleet.stored()).nacked === null);
});

test('a restore that somebody reports starts an epoch named by the time, and APIM is looked at anew', async () => {
  const pets = await deploy(replica, { handle: 'pets' });
  await replica.pool.query(
    `INSERT INTO apim_link (api_id, account_id, handle, display_name, api_version, desired_state, desired_generation, synced_generation, phase, fencing_token)
     SELECT id, account_id, handle, display_name, version, desired_state, 1, 1, 'synced', 7 FROM api`,
  );
  const { node } = await fleet.served();
  const epoch = await replica.epochs.restored(new Date('2026-05-01T00:00:00Z'));
  expect(epoch).toBe(Date.UTC(2026, 4, 1) / 1000 + 1);
  await until('the new epoch', () => node.epoch === epoch && node.version > 2);
  expect(node.table.has(`${EntryKind.ROUTES}/${pets.deploymentId}`)).toBe(true);
  expect(await replica.epochs.restored(new Date('2026-05-01T00:00:00Z'))).toBe(epoch + 1);
  const { rows } = await replica.pool.query(`SELECT phase, dirty, fencing_token::int AS token FROM apim_link`);
  expect(rows).toEqual([{ phase: 'waiting', dirty: true, token: 2_000_007 }]);
});

test('a key that a node saw revoked and a backup brought back is held', async () => {
  const pets = await deploy(replica, { handle: 'pets' });
  const keyId = await addKey(replica, pets.id);
  const { node, credential } = await fleet.served();
  expect(node.table.size).toBe(2);
  const other = await fleet.joined('node-2');
  other.node.connect(other.credential, { revokedKeyIds: [keyId] });
  await until('everybody without the key', () => [node, other.node].every(({ epoch, table }) => epoch === 2 && table.size === 1));
  const { rows } = await replica.pool.query(`SELECT held_at IS NOT NULL AS held FROM api_key`);
  expect(rows).toEqual([{ held: true }]);
  // The report is history now: it proves nothing more.
  node.connect(credential, { revokedKeyIds: [keyId] });
  await until('the stream', () => node.welcome?.streamEpoch === 2);
  expect(node.welcome?.epoch).toBe(2);
});

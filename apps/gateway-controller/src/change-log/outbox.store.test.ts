import { randomUUID } from 'node:crypto';

import { CHANGES_STREAM } from '@tidegate/gateway-events';
import { freshDatabase, type FreshDatabase, freshRedis, type FreshRedis, waitFor } from '@tidegate/testkit';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type SampleReplica, startReplica } from '../discovery/sample-replica.ts';
import { takeLease } from './lease.ts';
import { oweDoorbell } from './outbox.ts';
import { dropStaleDoorbells, takeDoorbells } from './take-doorbells.ts';
import { pruneTombstones } from './tombstones.ts';
import { migrate } from '../testing/migrate.ts';

let database: FreshDatabase;
let redis: FreshRedis;
let replica: SampleReplica;
let pool: Pool;

beforeAll(async () => {
  [database, redis] = await Promise.all([freshDatabase(migrate), freshRedis()]);
  replica = await startReplica(database.url, { redisUrl: redis.url });
  pool = replica.pool;
});

afterAll(async () => {
  await replica.close();
  await Promise.all([database.drop(), redis.close()]);
});

function owe(apiId: string, generation: number) {
  return replica.writer.write([replica.gatewayId], async (tx) => {
    await oweDoorbell(tx, { apiId, generation });
    return { result: null, changes: [] };
  });
}

async function rung(apiId: string): Promise<boolean> {
  return (await redis.command('XRANGE', CHANGES_STREAM, '-', '+')).includes(apiId);
}

async function owed(): Promise<number> {
  const { rows } = await pool.query<{ count: string }>(`SELECT count(*) FROM outbox`);
  return Number(rows[0]?.count);
}

test('a doorbell rings after its transaction and is no longer owed, through an outage of Redis too', async () => {
  const first = randomUUID();
  await owe(first, 1);
  await waitFor(() => rung(first), { what: 'the doorbell' });
  await waitFor(async () => (await owed()) === 0, { what: 'an empty outbox' });

  await redis.kill();
  const second = randomUUID();
  await owe(second, 2);
  await redis.start();
  await waitFor(() => rung(second), { what: 'the doorbell of the outage' });
  await waitFor(async () => (await owed()) === 0, { what: 'an empty outbox' });
});

test('two takers share the rows, and a failed ring leaves them owed', async () => {
  const apiIds = [randomUUID(), randomUUID()];
  await redis.kill();
  try {
    for (const apiId of apiIds) await owe(apiId, 1);
    await expect(takeDoorbells(pool, () => Promise.reject(new Error('no Redis')))).rejects.toThrow('no Redis');
    const heard: string[] = [];
    const others = await takeDoorbells(pool, async (mine) => {
      heard.push(...mine.map(({ doorbell }) => doorbell.apiId));
      expect(await takeDoorbells(pool, async () => undefined)).toBe(0);
    });
    expect(others).toBe(2);
    expect(heard.toSorted()).toEqual(apiIds.toSorted());
    expect(await owed()).toBe(0);
  } finally {
    await redis.start();
  }
});

test('without Redis old doorbells go, young ones stay', async () => {
  await redis.kill();
  await owe(randomUUID(), 1);
  await owe(randomUUID(), 2);
  await pool.query(`UPDATE outbox SET created_at = now() - interval '1 hour' WHERE payload->>'generation' = '1'`);
  expect(await dropStaleDoorbells(pool, 60_000).then(owed)).toBe(1);
  await redis.start();
  await waitFor(async () => (await owed()) === 0, { what: 'an empty outbox' });
});

test('a lease has one owner until it runs out, and its token grows with owners', async () => {
  expect(await takeLease(pool, 'job', 'a', 60_000)).toBe(1);
  expect(await takeLease(pool, 'job', 'b', 60_000)).toBeNull();
  expect(await takeLease(pool, 'job', 'a', 60_000)).toBe(1);
  await pool.query(`UPDATE lease SET expires_at = now() - interval '1 second' WHERE name = 'job'`);
  expect(await takeLease(pool, 'job', 'b', 60_000)).toBe(2);
});

test('tombstones go by age or number, and the floor is where deltas may start', async () => {
  const insert = `INSERT INTO gateway_change (gateway_id, kind, entry_id, version, removed, changed_at)
    SELECT $1, 2, 'old-' || n, n, n % 2 = 0, now() - CASE WHEN n <= 4 THEN interval '8 days' ELSE interval '0' END FROM generate_series(1, 10) n`;
  await pool.query(insert, [replica.gatewayId]);
  const left = async () =>
    (await pool.query<{ n: number }>(`SELECT version::int AS n FROM gateway_change WHERE removed ORDER BY 1`)).rows.map(
      ({ n }) => n,
    );
  const floor = async () => (await pool.query<{ v: number }>(`SELECT version::int AS v FROM gateway_change_floor`)).rows[0]?.v;

  expect(await pruneTombstones(pool, { ageMsMax: 7 * 86_400_000, countMax: 100 })).toBe(2);
  expect([await left(), await floor()]).toEqual([[6, 8, 10], 4]);
  expect(await pruneTombstones(pool, { ageMsMax: 7 * 86_400_000, countMax: 1 })).toBe(2);
  expect([await left(), await floor()]).toEqual([[10], 8]);
  expect(await pruneTombstones(pool, { ageMsMax: 7 * 86_400_000, countMax: 1 })).toBe(0);
});

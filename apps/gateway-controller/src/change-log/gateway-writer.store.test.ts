import { randomUUID } from 'node:crypto';

import { EntryKind } from '@tidegate/gateway-ir';
import { freshDatabase, type FreshDatabase, waitFor } from '@tidegate/testkit';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { firstBoot } from '../gateways/first-boot.ts';
import { BusyError } from './busy-error.ts';
import { GatewayWriter } from './gateway-writer.ts';
import { migrate } from '../testing/migrate.ts';

let database: FreshDatabase;
let pool: Pool;
let sources: DataSource[];
let writers: GatewayWriter[];
let gatewayId: string;

beforeEach(async () => {
  database = await freshDatabase(migrate);
  pool = new Pool({ connectionString: database.url });
  ({ gatewayId } = await firstBoot(pool, 'default'));
  const open = () => new DataSource({ type: 'postgres', url: database.url, installExtensions: false }).initialize();
  sources = await Promise.all([open(), open()]);
  writers = sources.map((source) => new GatewayWriter(source));
});

afterEach(async () => {
  await Promise.all([...sources.map((source) => source.destroy()), pool.end()]);
  await database.drop();
});

function change(entryId: string = randomUUID()) {
  return { gatewayId, kind: EntryKind.API_KEY, entryId, removed: false };
}

test('versions of racing writers are gapless and become visible in their order', async () => {
  let racing = true;
  const seen: { max: number; rows: number }[] = [];
  const watcher = (async () => {
    while (racing) {
      const { rows } = await pool.query<{ max: string; rows: string }>(
        `SELECT coalesce(max(version), 0) AS max, count(*) AS rows FROM gateway_change`,
      );
      seen.push({ max: Number(rows[0]?.max), rows: Number(rows[0]?.rows) });
    }
  })();
  const written = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      writers[index % 2]!.write([gatewayId], async () => ({ result: index, changes: [change()] })),
    ),
  );
  racing = false;
  await watcher;

  const versions = written.map((one) => one.versions.get(gatewayId)).sort((a, b) => a! - b!);
  expect(versions).toEqual(Array.from({ length: 40 }, (_, index) => index + 2));
  // One row per version from 2 on: whoever saw version n saw all before it.
  for (const { max, rows } of seen) expect(rows).toBe(Math.max(0, max - 1));
});

test('a transaction without changes takes no version', async () => {
  const { versions } = await writers[0]!.write([gatewayId], async () => ({ result: null, changes: [] }));
  expect(versions.size).toBe(0);
  const { versions: next } = await writers[0]!.write([gatewayId], async () => ({ result: null, changes: [change()] }));
  expect(next.get(gatewayId)).toBe(2);
});

test('what work throws rolls everything back', async () => {
  const refused = writers[0]!.write([gatewayId], async (tx) => {
    await tx.query(`UPDATE gateway SET display_name = 'changed'`);
    throw new Error('refused');
  });
  await expect(refused).rejects.toThrow('refused');
  const { rows } = await pool.query(`SELECT version, display_name FROM gateway`);
  expect(rows).toEqual([{ version: '1', display_name: 'default' }]);
});

test('of two changes of one entry in a transaction the later stands', async () => {
  const entry = change();
  await writers[0]!.write([gatewayId], async () => ({ result: null, changes: [entry, { ...entry, removed: true }] }));
  const { rows } = await pool.query(`SELECT version, removed FROM gateway_change`);
  expect(rows).toEqual([{ version: '2', removed: true }]);
});

test('behind a frozen writer others are told to come back, and writes resume when its connection is cut', async () => {
  const { promise: locked, resolve: nowLocked } = Promise.withResolvers<void>();
  const frozen = writers[0]!.write([gatewayId], () => {
    nowLocked();
    return new Promise(() => undefined);
  });
  // Its work never goes on; the server ends the transaction under it.
  frozen.catch(() => undefined);
  await locked;

  const busy = writers[1]!.write([gatewayId], async () => ({ result: null, changes: [change()] }));
  await expect(busy).rejects.toBeInstanceOf(BusyError);
  const resumed = await waitFor(() => writers[1]!.write([gatewayId], async () => ({ result: null, changes: [change()] })), {
    what: 'writes to resume',
  });
  expect(resumed.versions.get(gatewayId)).toBe(2);
});

test('unknown and unlocked gateways are refused', async () => {
  await expect(writers[0]!.write([randomUUID()], async () => ({ result: null, changes: [] }))).rejects.toThrow('No gateway');
  const stray = { ...change(), gatewayId: randomUUID() };
  await expect(writers[0]!.write([gatewayId], async () => ({ result: null, changes: [stray] }))).rejects.toThrow(
    'without being locked',
  );
});

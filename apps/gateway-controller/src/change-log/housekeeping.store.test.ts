import { freshDatabase, type FreshDatabase } from '@tidegate/testkit';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { firstBoot } from '../gateways/first-boot.ts';
import { migrate } from '../testing/migrate.ts';
import { forgetOld } from './housekeeping.ts';

let database: FreshDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await freshDatabase(migrate);
  pool = new Pool({ connectionString: database.url });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

test('what has happened to gateways is kept for a week, and settled mail', async () => {
  const { gatewayId, accountId } = await firstBoot(pool, 'default');
  await pool.query(
    `INSERT INTO gateway_event (gateway_id, at, level, type, title)
     SELECT $1, now() - age, 'INFO', 'status', age::text FROM unnest($2::interval[]) AS age`,
    [gatewayId, ['6 days', '8 days']],
  );
  const { rows } = await pool.query<{ id: string }>(
    `INSERT INTO notification_subscription (id, account_id, gateway_id, level, event_type, channel, target, created_by)
     VALUES (gen_random_uuid(), $1, $2, 'INFO', 'all', 'email', 'a@b', 'test') RETURNING id`,
    [accountId, gatewayId],
  );
  await pool.query(
    `INSERT INTO mail_delivery (subscription_id, subject, body, created_at, state)
     SELECT $1, state, '', now() - interval '8 days', state FROM unnest(ARRAY['pending', 'delivered', 'dropped']) AS state`,
    [rows[0]?.id],
  );
  await forgetOld(pool);
  expect((await pool.query(`SELECT title FROM gateway_event`)).rows).toEqual([{ title: '6 days' }]);
  expect((await pool.query(`SELECT state FROM mail_delivery`)).rows).toEqual([{ state: 'pending' }]);
});

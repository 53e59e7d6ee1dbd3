import { freshDatabase, type FreshDatabase } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type SampleReplica, startReplica } from '../discovery/sample-replica.ts';
import { firstBoot } from './first-boot.ts';
import { migrate } from '../testing/migrate.ts';

let database: FreshDatabase;
let replica: SampleReplica;

beforeAll(async () => {
  database = await freshDatabase(migrate);
  replica = await startReplica(database.url);
});

afterAll(async () => {
  await replica.close();
  await database.drop();
});

const HOUR_MS = 3_600_000;

test('first boot makes everything once, however many replicas start together', async () => {
  const booted = await Promise.all(Array.from({ length: 4 }, () => firstBoot(replica.pool, 'default')));
  for (const one of booted) expect(one).toEqual(replica.installation);
  const { rows } = await replica.pool.query(
    `SELECT (SELECT count(*)::int FROM account) AS accounts, (SELECT count(*)::int FROM gateway) AS gateways,
            (SELECT count(*)::int FROM environment) AS environments, (SELECT epoch::int FROM installation) AS epoch`,
  );
  expect(rows).toEqual([{ accounts: 1, gateways: 1, environments: 1, epoch: 1 }]);
});

test('a join token is used once; the same node may repeat within a minute', async () => {
  const { token } = await replica.joinTokens.issue(replica.gatewayId, HOUR_MS, 'admin');
  const issued = await replica.joinTokens.exchange(token, 'node-1');
  expect(await replica.credentials.verify(issued!.credential)).toMatchObject({ gatewayId: replica.gatewayId, nodeId: 'node-1' });
  expect(await replica.joinTokens.exchange(token, 'node-2')).toBeNull();
  expect(await replica.joinTokens.exchange(token, 'node-1')).not.toBeNull();
  await replica.pool.query(`UPDATE join_token SET used_at = used_at - interval '2 minutes'`);
  expect(await replica.joinTokens.exchange(token, 'node-1')).toBeNull();
});

test('of two nodes racing for one token one joins', async () => {
  const { token } = await replica.joinTokens.issue(replica.gatewayId, HOUR_MS, 'admin');
  const joined = await Promise.all(['a', 'b', 'c', 'd'].map((nodeId) => replica.joinTokens.exchange(token, nodeId)));
  expect(joined.filter((one) => one !== null)).toHaveLength(1);
});

test('an expired or unknown token opens nothing, and lifetimes have bounds', async () => {
  const { token } = await replica.joinTokens.issue(replica.gatewayId, HOUR_MS, 'admin');
  await replica.pool.query(`UPDATE join_token SET expires_at = now()`);
  expect(await replica.joinTokens.exchange(token, 'node-1')).toBeNull();
  expect(await replica.joinTokens.exchange('tgj_unknown', 'node-1')).toBeNull();
  await expect(replica.joinTokens.issue(replica.gatewayId, 60_000, 'admin')).rejects.toThrow(RangeError);
  await expect(replica.joinTokens.issue(replica.gatewayId, 25 * HOUR_MS, 'admin')).rejects.toThrow(RangeError);
});

test('only digests are stored', async () => {
  const { token } = await replica.joinTokens.issue(replica.gatewayId, HOUR_MS, 'admin');
  const issued = await replica.joinTokens.exchange(token, 'node-9');
  const { rows } = await replica.pool.query<{ text: string }>(
    `SELECT string_agg(j::text, '') || string_agg(c::text, '') AS text FROM join_token j, node_credential c`,
  );
  expect(rows[0]?.text).not.toContain(token.slice(4));
  expect(rows[0]?.text).not.toContain(issued!.credential.slice(4));
});

test('revoking a node refuses all its credentials and nobody else’s', async () => {
  const [mine, again, other] = await Promise.all(
    ['node-r', 'node-r', 'node-s'].map((nodeId) => replica.credentials.issue(null, replica.gatewayId, nodeId)),
  );
  expect(await replica.credentials.revoke(replica.gatewayId, 'node-r')).toBe(2);
  expect(await replica.credentials.verify(mine!.credential)).toBeNull();
  expect(await replica.credentials.refused([mine!, again!, other!].map(({ credentialId }) => credentialId))).toEqual(
    new Set([mine!.credentialId, again!.credentialId]),
  );
});

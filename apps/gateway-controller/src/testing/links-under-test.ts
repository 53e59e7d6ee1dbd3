import { randomUUID } from 'node:crypto';

import { freshDatabase, type FreshDatabase } from '@tidegate/testkit';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach } from 'vitest';

import { firstBoot } from '../gateways/first-boot.ts';
import { claim, type ClaimedWork } from '../apim-link/claim.ts';
import { desire, type DesiredApi } from '../apim-link/desire.ts';
import { storeLinkState, type TargetState } from '../apim-link/link-state.ts';
import { readStatus } from '../apim-link/read-status.ts';
import { type Report, storeReport } from '../apim-link/report.ts';
import { retryNow } from '../apim-link/retry-now.ts';
import type { Outcome } from '../apim-link/transition.ts';
import { migrate } from './migrate.ts';

/** Links on a real database, emptied before each test of the file that imports this; writers and workers as functions. */

let database: FreshDatabase;
export let pool: Pool;
let dataSource: DataSource;
let accountId: string;

beforeAll(async () => {
  database = await freshDatabase(migrate);
  pool = new Pool({ connectionString: database.url });
  dataSource = await new DataSource({ type: 'postgres', url: database.url, installExtensions: false }).initialize();
  ({ accountId } = await firstBoot(pool, 'default'));
});

afterAll(async () => {
  await dataSource.destroy();
  await pool.end();
  await database.drop();
});

beforeEach(() =>
  pool.query(`TRUNCATE apim_link, apim_target, apim_released, apim_attempt, outbox, webhook_delivery, api CASCADE`),
);

const wanting = () => ['config:test'];
const retry = {
  attemptsMax: 3,
  initialMs: 2000,
  maxMs: 300_000,
  reconcileMs: 900_000,
  lookBaseMs: 30_000,
  driftIntervalMs: 900_000,
  random: () => 0.5,
  wanting,
};

/** What a write through the management API leaves behind. */
export async function write(change: Partial<DesiredApi> = {}): Promise<DesiredApi> {
  const apiId = change.apiId ?? randomUUID();
  const api = {
    apiId,
    accountId,
    handle: `handle-${apiId}`,
    displayName: `Name ${apiId}`,
    apiVersion: 'v1.0',
    desiredState: 'deployed',
    generation: 1,
    ...change,
  } as const;
  await dataSource.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO api (id, account_id, handle, display_name, version, document, desired_state, origin, generation, created_by, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, 'deployed', 'gateway_api', $7, 'admin', now(), now())
       ON CONFLICT (id) DO UPDATE SET document = excluded.document, generation = excluded.generation`,
      [
        apiId,
        accountId,
        api.handle,
        api.displayName,
        api.apiVersion,
        JSON.stringify({ generation: api.generation }),
        api.generation,
      ],
    );
    await desire(tx, api);
    if (api.desiredState === 'deleted') await tx.query(`DELETE FROM api WHERE id = $1`, [apiId]);
  });
  return api;
}

export function take(apiId: string | null = null, workerId = 'w1', leaseMs = 60_000) {
  return claim(pool, { workerId, apiId, leaseMs });
}

export async function taken(apiId: string | null = null, workerId = 'w1', leaseMs = 60_000): Promise<ClaimedWork> {
  const claimed = await take(apiId, workerId, leaseMs);
  if (claimed.kind !== 'work') throw new Error(`Expected work, got ${JSON.stringify(claimed)}`);
  return claimed.work;
}

export const synced: Outcome = { kind: 'synced' };
export const failed = (cls: 'retryable' | 'terminal' | 'blocked', code = 'c'): Outcome => ({
  kind: 'failed',
  class: cls,
  code,
  message: 'm',
  retryAfterMs: 0,
});

export function report(work: ClaimedWork, outcome: Outcome, more: Partial<Report> = {}) {
  const remote = outcome.kind === 'synced' ? REMOTE : NOTHING;
  const { apiId, fencingToken, generation } = work;
  return storeReport(
    pool,
    { apiId, fencingToken, generation, tried: true, dirty: false, outcome, remote, losses: [], exchanges: [], ...more },
    retry,
  );
}

export const NOTHING = { id: '', revision: '', deployed: false, pushedGeneration: 0, pushedHash: '', pushedContent: null };
export const REMOTE = {
  id: 'remote-1',
  revision: '1',
  deployed: true,
  pushedGeneration: 1,
  pushedHash: 'abc',
  pushedContent: { context: '/a' },
};
export const UP: TargetState = {
  configured: true,
  mode: 'onprem',
  connected: true,
  blocked: false,
  reason: null,
  message: null,
  host: 'apim:9443',
};

export function linkState(workerId: string, state: TargetState) {
  return storeLinkState(pool, workerId, state, wanting);
}

/** What was owed to webhooks, in order. */
export async function news(): Promise<readonly { readonly type: string; readonly data: Record<string, unknown> }[]> {
  const { rows } = await pool.query<{ type: string; data: Record<string, unknown> }>(
    `SELECT event_type AS type, data FROM webhook_delivery ORDER BY id`,
  );
  return rows;
}

export async function statusOf(apiId: string) {
  const statuses = await readStatus(pool, [apiId], { hostConfigured: true, syncEnabled: true });
  return statuses.get(apiId);
}

export async function row(apiId: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await pool.query<Record<string, unknown>>(`SELECT * FROM apim_link WHERE api_id = $1`, [apiId]);
  return rows[0];
}

/** Makes what waits for time due. */
export function passTime() {
  return pool.query(
    `UPDATE apim_link SET next_attempt_at = now(), look_at = CASE WHEN look_at IS NULL THEN NULL ELSE now() END, lease_until = CASE WHEN lease_until IS NULL THEN NULL ELSE now() END`,
  );
}

/** `POST /rest-apis/{id}/sync`. */
export function retried(apiId: string, { adopt }: { adopt: boolean }): Promise<boolean> {
  return dataSource.transaction((tx) => retryNow(tx, apiId, adopt));
}

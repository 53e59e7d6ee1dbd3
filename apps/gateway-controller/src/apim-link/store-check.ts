import type { Pool, PoolClient } from 'pg';

import { oweDoorbell } from '../change-log/outbox.ts';
import { inTransaction } from './in-transaction.ts';
import { tellNews, type Wanting } from './sync-news.ts';

/** One thing that is not in APIM as it was pushed; null = it is not there. */
export interface Difference {
  readonly path: string;
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
}

export interface Checked {
  readonly apiId: string;
  readonly fencingToken: number;
  readonly generation: number;
  readonly state: 'in_sync' | 'out_of_sync' | 'unknown';
  readonly message: string | null;
  readonly differences: readonly Difference[];
  readonly fingerprint: string;
}

export interface CheckRules {
  readonly driftIntervalMs: number;
  /** push = what we have overwrites what was changed in APIM, without anybody asking */
  readonly onDrift: 'report' | 'push';
  readonly random: () => number;
  readonly wanting: Wanting;
}

/** Stores what a check found, unless something was pushed or edited meanwhile. Answers whether it counted. */
export function storeCheck(pool: Pool, checked: Checked, rules: CheckRules): Promise<boolean> {
  const { apiId, fencingToken, generation, state, message, differences, fingerprint } = checked;
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ drift: Checked['state']; handle: string }>(
      `SELECT drift, handle FROM apim_link WHERE api_id = $1 AND fencing_token = $2 AND desired_generation = $3 FOR UPDATE`,
      [apiId, fencingToken, generation],
    );
    const before = rows[0];
    if (before === undefined) return false;
    // Not being able to look does not undo what was seen.
    const isKept = state === 'unknown' && before.drift === 'out_of_sync';
    const kept = isKept ? null : JSON.stringify(differences);
    await tx.query(
      `UPDATE apim_link SET drift = $2, drift_message = $3, drift_diff = COALESCE($4::jsonb, drift_diff),
         drift_fingerprint = CASE WHEN $2 = 'in_sync' THEN $5 END, drift_checked_at = now(),
         drift_check_at = now() + $6::float8 * interval '1 millisecond' WHERE api_id = $1`,
      [apiId, isKept ? 'out_of_sync' : state, message, kept, fingerprint, checkInMs(rules)],
    );
    const api = { id: apiId, handle: before.handle, generation };
    if (state === 'out_of_sync' && before.drift !== 'out_of_sync')
      await tellNews(tx, rules.wanting, 'sync.drifted', { api, message, paths: differences.map(({ path }) => path) });
    if (state === 'in_sync' && before.drift === 'out_of_sync') await tellNews(tx, rules.wanting, 'sync.aligned', { api });
    if (state === 'out_of_sync' && rules.onDrift === 'push') await pushOurs(tx, apiId, generation);
    return true;
  });
}

/** Between half an interval and a whole one; null = nobody checks. */
export function checkInMs({ driftIntervalMs, random }: Pick<CheckRules, 'driftIntervalMs' | 'random'>): number | null {
  return driftIntervalMs === 0 ? null : driftIntervalMs * (0.5 + random() / 2);
}

async function pushOurs(tx: PoolClient, apiId: string, generation: number): Promise<void> {
  const { rowCount } = await tx.query(
    `UPDATE apim_link SET force = true, dirty = true, phase = 'waiting', attempts = 0, next_attempt_at = now(), updated_at = now()
     WHERE api_id = $1 AND phase = 'synced'`,
    [apiId],
  );
  if (rowCount === 1) await oweDoorbell(tx, { apiId, generation });
}

import type { ApiSync, SyncAttempt, SyncQueueItem, SyncQueueQuery } from '@tidegate/management-api';

import type { Db } from '../environments/deployment-targets.ts';

/** A link as operators see it; 64-bit integers are text. */
export interface LinkRow {
  readonly apiId: string;
  readonly handle: string;
  readonly displayName: string;
  readonly version: string;
  readonly desiredState: 'deployed' | 'undeployed' | 'deleted';
  readonly generation: string;
  readonly syncedGeneration: string;
  readonly waitingSince: Date;
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly worker: string | null;
  readonly leaseUntil: Date | null;
  readonly pushedGeneration: string;
  readonly pushedHash: string | null;
  readonly deployedInApim: boolean;
  readonly inDoubt: boolean;
  readonly looksOwed: number;
  readonly nextLookAt: Date | null;
  readonly drift: SyncQueueItem['drift'];
  readonly driftMessage: string | null;
  readonly differences: ApiSync['driftDetail']['differences'];
  readonly driftCheckedAt: Date | null;
}

const COLUMNS = `api_id AS "apiId", handle, display_name AS "displayName", api_version AS version, desired_state AS "desiredState",
  desired_generation AS generation, synced_generation AS "syncedGeneration", desired_at AS "waitingSince", paused_at AS "pausedAt",
  paused_by AS "pausedBy", CASE WHEN lease_until > now() THEN lease_owner END AS worker,
  CASE WHEN lease_until > now() THEN lease_until END AS "leaseUntil", pushed_generation AS "pushedGeneration",
  pushed_hash AS "pushedHash", remote_deployed AS "deployedInApim", dirty OR disturbed AS "inDoubt", looks AS "looksOwed",
  look_at AS "nextLookAt", drift, drift_message AS "driftMessage", drift_diff AS differences, drift_checked_at AS "driftCheckedAt"`;

/** Without a phase everything that is not synced; what is due next first. A look at what passes for synced is no push. */
const MATCHING = `
  WHERE account_id = (SELECT account_id FROM installation) AND CASE
    WHEN $1::text IS NULL THEN phase <> 'synced' AND NOT looking
    WHEN $1 = 'paused' THEN paused_at IS NOT NULL
    WHEN $1 = 'synced' THEN phase = 'synced' OR looking
    ELSE phase = $1 AND NOT looking END`;

interface QueuePage {
  readonly phase: SyncQueueQuery['phase'] | null;
  readonly limit: number;
  readonly offset: number;
}

export async function listLinks(db: Db, { phase, limit, offset }: QueuePage): Promise<{ links: LinkRow[]; total: number }> {
  const links = await db.query<LinkRow[]>(
    `SELECT ${COLUMNS} FROM apim_link ${MATCHING} ORDER BY next_attempt_at, api_id LIMIT $2 OFFSET $3`,
    [phase, limit, offset],
  );
  const [counted] = await db.query<{ total: string }[]>(`SELECT count(*) AS total FROM apim_link ${MATCHING}`, [phase]);
  return { links, total: Number(counted?.total) };
}

export async function readLink(db: Db, apiId: string): Promise<LinkRow | null> {
  const rows = await db.query<LinkRow[]>(`SELECT ${COLUMNS} FROM apim_link WHERE api_id = $1`, [apiId]);
  return rows[0] ?? null;
}

/** Newest first; as many as are kept. */
export async function readAttempts(db: Db, apiId: string): Promise<SyncAttempt[]> {
  const rows = await db.query<StoredAttempt[]>(
    `SELECT id, generation, worker_id, claimed_at, reported_at, outcome, reason, message, tried, lag_ms, exchanges
     FROM apim_attempt WHERE api_id = $1 ORDER BY id DESC`,
    [apiId],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    generation: Number(row.generation),
    worker: row.worker_id,
    startedAt: row.claimed_at?.toISOString() ?? null,
    endedAt: row.reported_at.toISOString(),
    outcome: row.outcome,
    reason: row.reason,
    message: row.message,
    tried: row.tried,
    lagMs: row.lag_ms === null ? null : Number(row.lag_ms),
    exchanges: row.exchanges,
  }));
}

interface StoredAttempt {
  readonly id: string;
  readonly generation: string;
  readonly worker_id: string | null;
  readonly claimed_at: Date | null;
  readonly reported_at: Date;
  readonly outcome: SyncAttempt['outcome'];
  readonly reason: string | null;
  readonly message: string | null;
  readonly tried: boolean;
  readonly lag_ms: string | null;
  readonly exchanges: SyncAttempt['exchanges'];
}

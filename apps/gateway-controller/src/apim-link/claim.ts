import type { Pool, PoolClient } from 'pg';

import { inTransaction } from './in-transaction.ts';
import { LOOKS_OWED } from './looks.ts';

export interface Claim {
  readonly workerId: string;
  /** null = whichever has been due longest */
  readonly apiId: string | null;
  readonly leaseMs: number;
}

export interface ClaimedWork {
  readonly apiId: string;
  readonly generation: number;
  readonly fencingToken: number;
  readonly attempts: number;
  readonly desiredState: 'deployed' | 'undeployed' | 'deleted';
  /** '' for a deleted API */
  readonly documentJson: string;
  readonly handle: string;
  readonly displayName: string;
  readonly version: string;
  readonly remoteId: string;
  readonly remoteRevision: string;
  readonly remoteDeployed: boolean;
  readonly pushedGeneration: number;
  readonly pushedHash: string;
  /** As it was before this claim made it dirty */
  readonly dirty: boolean;
  readonly adopt: boolean;
  /** Push though our mark is on it */
  readonly force: boolean;
  /** Deleted APIs of ours whose mark may still be on it in APIM */
  readonly formerIds: readonly string[];
  /** W3C traceparent of the write; '' = none is known */
  readonly traceparent: string;
  /** Only to see whether APIM still has what it had: there is no next attempt to leave a doubt to */
  readonly looking: boolean;
}

export type Claimed =
  | { readonly kind: 'work'; readonly work: ClaimedWork }
  | { readonly kind: 'held'; readonly heldForMs: number }
  /** 0 = nothing known to become due */
  | { readonly kind: 'nothing'; readonly dueInMs: number };

/**
 * Takes one due link under a lease. The fencing token grows with every claim, so that only the last claimant's report counts; the
 * link is dirty from here on, because a worker that dies now leaves no word of what it sent.
 *
 * The document is read by a second statement, under the lock: in one statement, PostgreSQL re-reads a row that changed while it
 * waited but not the row joined to it, and a new generation could travel with an old document.
 */
export function claim(pool: Pool, request: Claim): Promise<Claimed> {
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<ClaimedRow>(CLAIM, [request.apiId, request.workerId, request.leaseMs]);
    const row = rows[0] ?? (request.apiId === null ? await claimLook(tx, request) : undefined);
    if (row === undefined) return nothing(tx, request.apiId);
    const { rows: documents } = await tx.query<{ document: string }>(`SELECT document::text AS document FROM api WHERE id = $1`, [
      row.api_id,
    ]);
    return { kind: 'work', work: workOf(row, documents[0]?.document ?? '') };
  });
}

/**
 * While the target is blocked only links that were blocked themselves come due: they are the probes. Where none is left (the last
 * one was edited, deleted or tried in vain) any other takes its place, or nobody would ever find out that it works again.
 */
const CLAIM = `
  WITH candidate AS (
    SELECT link.api_id, link.dirty OR link.disturbed AS was_dirty
    FROM apim_link link LEFT JOIN apim_target target USING (account_id)
    WHERE ($1::uuid IS NULL OR link.api_id = $1)
      AND link.phase IN ('waiting', 'syncing', 'failed', 'blocked')
      AND link.next_attempt_at <= now()
      AND (link.lease_until IS NULL OR link.lease_until <= now())
      AND link.paused_at IS NULL
      AND (link.phase = 'blocked' OR target.blocked IS NOT TRUE OR NOT EXISTS (
        SELECT 1 FROM apim_link probe WHERE probe.account_id = link.account_id AND probe.paused_at IS NULL
          AND (probe.phase = 'blocked' OR probe.phase = 'syncing' AND probe.lease_until > now())))
    ORDER BY link.next_attempt_at, link.api_id
    LIMIT 1
    FOR UPDATE OF link SKIP LOCKED)
  UPDATE apim_link link SET
    phase = 'syncing', lease_owner = $2, lease_until = now() + $3 * interval '1 millisecond',
    fencing_token = fencing_token + 1, dirty = true, disturbed = false, looking = false,
    looks = CASE WHEN candidate.was_dirty THEN ${LOOKS_OWED} ELSE looks END, claimed_at = now(), updated_at = now()
  FROM candidate WHERE link.api_id = candidate.api_id
  RETURNING link.*, candidate.was_dirty`;

/**
 * An exchange whose answer never came may take effect long after a newer one did: APIM then holds what nobody wants any more, and
 * nobody is told. Looks that are owed for that are taken when nothing else is due, and not while the target is blocked.
 */
async function claimLook(tx: PoolClient, { workerId, leaseMs }: Claim): Promise<ClaimedRow | undefined> {
  const { rows } = await tx.query<ClaimedRow>(LOOK, [workerId, leaseMs]);
  return rows[0];
}

const LOOK = `
  WITH candidate AS (
    SELECT link.api_id FROM apim_link link LEFT JOIN apim_target target USING (account_id)
    WHERE link.phase = 'synced' AND link.look_at <= now() AND link.paused_at IS NULL AND target.blocked IS NOT TRUE
    ORDER BY link.look_at
    LIMIT 1
    FOR UPDATE OF link SKIP LOCKED)
  UPDATE apim_link link SET
    phase = 'syncing', lease_owner = $1, lease_until = now() + $2 * interval '1 millisecond', fencing_token = fencing_token + 1,
    dirty = true, disturbed = false, looking = true, looks = GREATEST(looks - 1, 0), look_at = NULL, claimed_at = now(),
    updated_at = now()
  FROM candidate WHERE link.api_id = candidate.api_id
  RETURNING link.*, true AS was_dirty`;

interface ClaimedRow {
  readonly api_id: string;
  readonly desired_generation: string;
  readonly fencing_token: string;
  readonly attempts: number;
  readonly desired_state: ClaimedWork['desiredState'];
  readonly handle: string;
  readonly display_name: string;
  readonly api_version: string;
  readonly remote_id: string | null;
  readonly remote_revision: string | null;
  readonly remote_deployed: boolean;
  readonly pushed_generation: string;
  readonly pushed_hash: string | null;
  readonly was_dirty: boolean;
  readonly adopt: boolean;
  readonly force: boolean;
  readonly former_ids: readonly string[];
  readonly trace_parent: string | null;
  readonly looking: boolean;
}

function workOf(row: ClaimedRow, document: string): ClaimedWork {
  return {
    apiId: row.api_id,
    generation: Number(row.desired_generation),
    fencingToken: Number(row.fencing_token),
    attempts: row.attempts,
    desiredState: row.desired_state,
    documentJson: row.desired_state === 'deleted' ? '' : document,
    handle: row.handle,
    displayName: row.display_name,
    version: row.api_version,
    remoteId: row.remote_id ?? '',
    remoteRevision: row.remote_revision ?? '',
    remoteDeployed: row.remote_deployed,
    pushedGeneration: Number(row.pushed_generation),
    pushedHash: row.pushed_hash ?? '',
    dirty: row.was_dirty,
    adopt: row.adopt,
    force: row.force,
    formerIds: row.former_ids,
    traceparent: row.trace_parent ?? '',
    looking: row.looking,
  };
}

async function nothing(tx: PoolClient, apiId: string | null): Promise<Claimed> {
  if (apiId !== null) {
    const { rows } = await tx.query<{ held_ms: number }>(
      `SELECT ceil(extract(epoch FROM lease_until - now()) * 1000)::float8 AS held_ms
       FROM apim_link WHERE api_id = $1 AND phase = 'syncing' AND lease_until > now()`,
      [apiId],
    );
    if (rows[0] !== undefined) return { kind: 'held', heldForMs: rows[0].held_ms };
  }
  const { rows } = await tx.query<{ due_ms: number | null }>(
    `SELECT ceil(extract(epoch FROM min(GREATEST(next_attempt_at, lease_until)) - now()) * 1000)::float8 AS due_ms
     FROM apim_link WHERE ($1::uuid IS NULL OR api_id = $1) AND phase IN ('waiting', 'syncing', 'failed', 'blocked') AND paused_at IS NULL`,
    [apiId],
  );
  // Due now but skipped (locked by a writer, or the target is blocked) is still "look again soon", hence at least 1.
  const dueMs = rows[0]?.due_ms ?? null;
  return { kind: 'nothing', dueInMs: dueMs === null ? 0 : Math.max(1, dueMs) };
}

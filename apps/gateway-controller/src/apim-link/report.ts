import type { Pool, PoolClient } from 'pg';

import { type SeenExchange, storeAttempt } from './attempts.ts';
import { inTransaction } from './in-transaction.ts';
import { type CheckRules, checkInMs } from './store-check.ts';
import { tellBlock } from './target-news.ts';
import { letGo } from './let-go.ts';
import { lookInMs } from './looks.ts';
import { newsOf, tellNews, type Wanting } from './sync-news.ts';
import { type LinkState, type NextState, type OutcomeReport, type RetryRules, transition } from './transition.ts';

export interface Report extends OutcomeReport {
  readonly apiId: string;
  readonly fencingToken: number;
  /** Facts learnt about APIM, stored whatever the outcome. Empty texts and 0 say nothing and change nothing. */
  readonly remote: {
    readonly id: string;
    readonly revision: string;
    readonly deployed: boolean;
    readonly pushedGeneration: number;
    readonly pushedHash: string;
    /** null = nothing was pushed */
    readonly pushedContent: Readonly<Record<string, string>> | null;
  };
  readonly losses: readonly { readonly path: string; readonly message: string }[];
  readonly exchanges: readonly SeenExchange[];
}

export interface Reported {
  /** False: the token is stale; the link was made dirty and is claimed again */
  readonly accepted: boolean;
  /** There is more to do for this API at once */
  readonly more: boolean;
}

/**
 * Stores one claim's outcome by compare-and-set on the fencing token. A worker whose lease ran out but whom nobody has followed
 * still holds the current token, and its word counts: it is the only one who knows.
 */
export function storeReport(pool: Pool, report: Report, retry: ReportRules): Promise<Reported> {
  return inTransaction(pool, async (tx) => {
    const link = await lock(tx, report.apiId);
    if (link === null || link.fencingToken !== report.fencingToken) {
      await disturb(tx, report);
      await storeAttempt(tx, report, 'late');
      return { accepted: false, more: link !== null };
    }
    // The same report again: its answer was lost on the way.
    if (!link.leased) return { accepted: true, more: link.desiredGeneration > report.generation };
    const next = transition(link, report, retry);
    await storeAttempt(tx, report, next.phase === 'synced' && !link.looking ? 'synced' : 'as-told');
    if (next.letGo) await letGo(tx, report.apiId, report.remote.id || null);
    else
      await store(tx, report, next, {
        marked: isMarked(report, link),
        lookInMs: lookOf(next, retry.lookBaseMs),
        checkInMs: checkInMs(retry),
      });
    await tellTarget(tx, link.accountId, next, retry.wanting);
    await tellOutcome(tx, link, report, next, retry.wanting);
    return { accepted: true, more: next.dueInMs === 0 };
  });
}

export interface ReportRules extends RetryRules, Pick<CheckRules, 'driftIntervalMs'> {
  /** How long an exchange may take: the first look after one of unknown outcome comes that long after the success that followed */
  readonly lookBaseMs: number;
  readonly wanting: Wanting;
}

/** null = nothing to look at, or not before the next push. */
function lookOf({ phase, looks }: NextState, baseMs: number): number | null {
  return phase === 'synced' ? lookInMs(looks, baseMs) : null;
}

interface LockedLink extends LinkState {
  readonly accountId: string;
  readonly fencingToken: number;
  readonly handle: string;
  readonly displayName: string;
  readonly apiVersion: string;
  /** It was told that this API fails */
  readonly failingSince: Date | null;
  readonly drift: 'in_sync' | 'out_of_sync' | 'unknown';
  /** Claimed and not yet reported, whether or not the lease has run out */
  readonly leased: boolean;
}

async function lock(tx: PoolClient, apiId: string): Promise<LockedLink | null> {
  const { rows } = await tx.query<{
    account_id: string;
    fencing_token: string;
    desired_state: LinkState['desiredState'];
    desired_generation: string;
    synced_generation: string;
    attempts: number;
    disturbed: boolean;
    looks: number;
    looking: boolean;
    leased: boolean;
    handle: string;
    display_name: string;
    api_version: string;
    failing_since: Date | null;
    drift: LockedLink['drift'];
  }>(
    `SELECT account_id, fencing_token, desired_state, desired_generation, synced_generation, attempts, disturbed,
       looks, looking, lease_owner IS NOT NULL AS leased,
       handle, display_name, api_version, failing_since, drift FROM apim_link WHERE api_id = $1 FOR UPDATE`,
    [apiId],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    accountId: row.account_id,
    fencingToken: Number(row.fencing_token),
    desiredState: row.desired_state,
    desiredGeneration: Number(row.desired_generation),
    syncedGeneration: Number(row.synced_generation),
    attempts: row.attempts,
    disturbed: row.disturbed,
    looks: row.looks,
    looking: row.looking,
    leased: row.leased,
    handle: row.handle,
    displayName: row.display_name,
    apiVersion: row.api_version,
    failingSince: row.failing_since,
    drift: row.drift,
  };
}

/**
 * What the late worker sent may have landed over what its successor sent; the successor's own report cannot know. A tombstone that
 * was let go, or taken over by a new API of its name, has left its id in APIM to another link: then it is that one.
 */
async function disturb(tx: PoolClient, { apiId, remote }: Report): Promise<void> {
  await tx.query(
    `UPDATE apim_link SET dirty = true, disturbed = true, next_attempt_at = now(), updated_at = now(),
       phase = CASE WHEN phase IN ('synced', 'failed', 'parked') THEN 'waiting' ELSE phase END
     WHERE api_id = $1 OR remote_id = NULLIF($2, '')`,
    [apiId, remote.id],
  );
}

/** APIM has it under the name that is wanted now, with our own mark on it. */
function isMarked({ generation, remote }: Report, { desiredGeneration }: LockedLink): boolean {
  return generation === desiredGeneration && remote.pushedGeneration === generation;
}

interface Also {
  readonly marked: boolean;
  readonly lookInMs: number | null;
  /** null = nobody compares */
  readonly checkInMs: number | null;
}

/** What was just pushed is in sync until a comparison says otherwise; what was only looked at is what it was. */
const DRIFT = `
       drift = CASE WHEN $2 = 'synced' AND $19 THEN 'in_sync' ELSE drift END,
       drift_message = CASE WHEN $2 = 'synced' AND $19 THEN NULL ELSE drift_message END,
       drift_diff = CASE WHEN $2 = 'synced' AND $19 THEN '[]' ELSE drift_diff END,
       drift_fingerprint = CASE WHEN $2 = 'synced' AND $19 THEN NULL ELSE drift_fingerprint END,
       drift_checked_at = CASE WHEN $2 = 'synced' AND $19 THEN now() ELSE drift_checked_at END,
       drift_check_at = CASE WHEN $2 = 'synced' THEN now() + $20::float8 * interval '1 millisecond' ELSE drift_check_at END,`;

async function store(tx: PoolClient, { apiId, remote, losses, tried }: Report, next: NextState, also: Also): Promise<void> {
  await tx.query(
    `UPDATE apim_link SET
       phase = $2, synced_generation = $3, attempts = $4, reason = $5, message = $6, dirty = $7, disturbed = false,
       looks = $16, look_at = now() + $17::float8 * interval '1 millisecond', looking = false,
       next_attempt_at = now() + COALESCE($8::float8, 0) * interval '1 millisecond',
       remote_id = COALESCE(NULLIF($9, ''), remote_id), remote_revision = COALESCE(NULLIF($10, ''), remote_revision),
       remote_deployed = $11, pushed_generation = GREATEST($12, pushed_generation),
       pushed_hash = COALESCE(NULLIF($13, ''), pushed_hash), losses = $14,
       former_ids = CASE WHEN $15 THEN '{}' ELSE former_ids END,
       adopt = adopt AND $2 <> 'synced', force = force AND $2 <> 'synced',
       pushed_content = COALESCE($18, pushed_content), ${DRIFT}
       lease_owner = NULL, lease_until = NULL, updated_at = now()
     WHERE api_id = $1`,
    [
      apiId,
      next.phase,
      next.syncedGeneration,
      next.attempts,
      next.reason,
      next.message,
      next.dirty,
      next.dueInMs,
      remote.id,
      remote.revision,
      remote.deployed,
      remote.pushedGeneration,
      remote.pushedHash,
      JSON.stringify(losses),
      also.marked,
      next.looks,
      also.lookInMs,
      remote.pushedContent === null ? null : JSON.stringify(remote.pushedContent),
      tried,
      also.checkInMs,
    ],
  );
}

/** One refused credential pauses everything; one accepted exchange starts everything again. */
async function tellTarget(tx: PoolClient, accountId: string, next: NextState, wanting: Wanting): Promise<void> {
  const { target, reason, message } = next;
  if (target === 'unchanged') return;
  if (target === 'blocked') {
    await tx.query(`INSERT INTO apim_target (account_id, configured) VALUES ($1, true) ON CONFLICT (account_id) DO NOTHING`, [
      accountId,
    ]);
    await tx.query(`UPDATE apim_target SET blocked = true, reason = $2, message = $3 WHERE account_id = $1`, [
      accountId,
      reason,
      message,
    ]);
  } else {
    const { rowCount } = await tx.query(
      `UPDATE apim_target SET blocked = false, reason = NULL, message = NULL WHERE account_id = $1 AND blocked`,
      [accountId],
    );
    if (rowCount !== 1) return;
    await tx.query(
      `UPDATE apim_link SET phase = 'waiting', next_attempt_at = now() WHERE account_id = $1 AND phase = 'blocked'`,
      [accountId],
    );
  }
  await tellBlock(tx, accountId, wanting);
}

async function tellOutcome(
  tx: PoolClient,
  link: LockedLink,
  { apiId, generation, tried }: Report,
  next: NextState,
  wanting: Wanting,
): Promise<void> {
  if (link.drift === 'out_of_sync' && tried && next.phase === 'synced')
    await tellNews(tx, wanting, 'sync.aligned', { api: { id: apiId, handle: link.handle, generation } });
  const news = newsOf(link.failingSince !== null, next);
  if (news === null) return;
  const since = news === 'sync.failed' ? new Date() : null;
  await tx.query(`UPDATE apim_link SET failing_since = $2 WHERE api_id = $1`, [apiId, since]);
  const { handle, displayName, apiVersion: version, failingSince } = link;
  const api = { id: apiId, handle, displayName, version, generation };
  const { phase, reason, message } = next;
  const more = news === 'sync.failed' ? { phase, reason, message } : { failingSince: failingSince?.toISOString() ?? null };
  await tellNews(tx, wanting, news, { api, ...more });
}

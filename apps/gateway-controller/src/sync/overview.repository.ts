import { SILENCE_MS } from '../apim-link/read-status.ts';
import type { TargetFacts } from '../apim-link/sync-info.ts';
import { countHeld, type HeldRemovals } from '../control-plane/held-removals.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { type InboxCounts, readInboxCounts } from './inbox-counts.ts';

export interface QueueCounts {
  readonly pending: number;
  readonly due: number;
  readonly syncing: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly paused: number;
  readonly failed: number;
  readonly parked: number;
  readonly synced: number;
  readonly deleting: number;
}

export interface SyncFacts {
  /** null = apim-sync never reported */
  readonly target:
    | (TargetFacts & {
        readonly host: string | null;
        readonly reportedBy: string | null;
        readonly reportedAt: Date;
        readonly blockedSince: Date | null;
        readonly probing: boolean;
      })
    | null;
  readonly queue: QueueCounts;
  readonly drift: { readonly inSync: number; readonly outOfSync: number; readonly unknown: number };
  readonly held: HeldRemovals;
  readonly inbox: InboxCounts;
  readonly oldestPendingMs: number | null;
  readonly lastHour: {
    readonly attempts: number;
    readonly failed: number;
    readonly synced: number;
    readonly medianMs: number | null;
    readonly p99Ms: number | null;
    readonly maxMs: number | null;
    readonly outcomes: Readonly<Record<'synced' | 'retryable' | 'terminal' | 'blocked' | 'late', number>>;
  };
}

/** Three small scans: as many links as there are APIs, and an hour of attempts. */
export async function readOverview(db: Db, driftValidMs: number): Promise<SyncFacts> {
  const [target] = await db.query<NonNullable<SyncFacts['target']>[]>(
    `SELECT configured, mode, connected, blocked, reason, message, host, reported_by AS "reportedBy", reported_at AS "reportedAt",
       blocked_since AS "blockedSince",
       EXISTS (SELECT 1 FROM apim_link probe WHERE probe.account_id = apim_target.account_id AND lease_until > now()) AS probing,
       reported_at < now() - $1 * interval '1 millisecond' AS silent
     FROM apim_target JOIN installation USING (account_id)`,
    [SILENCE_MS],
  );
  const [counted] = await db.query<(QueueCounts & { oldestPendingMs: number | null })[]>(COUNT);
  const [drift] = await db.query<SyncFacts['drift'][]>(DRIFT, [driftValidMs]);
  const [hour] = await db.query<SyncFacts['lastHour'][]>(LAST_HOUR);
  const { oldestPendingMs, ...queue } = counted as QueueCounts & { oldestPendingMs: number | null }; // an aggregate has one row
  return {
    target: target ?? null,
    queue,
    drift: drift as SyncFacts['drift'],
    held: await countHeld(db),
    inbox: await readInboxCounts(db),
    oldestPendingMs,
    lastHour: hour as SyncFacts['lastHour'],
  };
}

const COUNT = `
  WITH link AS (
    SELECT CASE WHEN looking AND phase = 'syncing' THEN 'synced' WHEN paused_at IS NOT NULL AND phase IN ('waiting', 'blocked') THEN 'paused'
        ELSE phase END AS phase, next_attempt_at <= now() AS is_due, desired_at, desired_state
    FROM apim_link JOIN installation USING (account_id))
  SELECT count(*) FILTER (WHERE phase IN ('waiting', 'syncing', 'blocked', 'paused'))::int AS pending,
    count(*) FILTER (WHERE phase = 'waiting' AND is_due)::int AS due,
    count(*) FILTER (WHERE phase = 'syncing')::int AS syncing,
    count(*) FILTER (WHERE phase = 'waiting' AND NOT is_due)::int AS waiting,
    count(*) FILTER (WHERE phase = 'blocked')::int AS blocked,
    count(*) FILTER (WHERE phase = 'paused')::int AS paused,
    count(*) FILTER (WHERE phase = 'failed')::int AS failed,
    count(*) FILTER (WHERE phase = 'parked')::int AS parked,
    count(*) FILTER (WHERE phase = 'synced' AND desired_state <> 'deleted')::int AS synced,
    count(*) FILTER (WHERE desired_state = 'deleted')::int AS deleting,
    floor(extract(epoch FROM now() - min(desired_at) FILTER (WHERE phase IN ('waiting', 'syncing', 'blocked', 'paused'))) * 1000)::float8
      AS "oldestPendingMs"
  FROM link`;

/** Of what was pushed at some time. */
const DRIFT = `
  SELECT count(*) FILTER (WHERE state = 'in_sync')::int AS "inSync", count(*) FILTER (WHERE state = 'out_of_sync')::int AS "outOfSync",
    count(*) FILTER (WHERE state = 'unknown')::int AS unknown
  FROM (
    SELECT CASE WHEN drift = 'in_sync' AND drift_checked_at < now() - $1::float8 * interval '1 millisecond' THEN 'unknown' ELSE drift END AS state
    FROM apim_link JOIN installation USING (account_id) WHERE remote_id IS NOT NULL AND desired_state <> 'deleted') link`;

const LAST_HOUR = `
  SELECT count(*)::int AS attempts, count(*) FILTER (WHERE outcome <> 'synced')::int AS failed, count(lag_ms)::int AS synced,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY lag_ms))::float8 AS "medianMs",
    round(percentile_cont(0.99) WITHIN GROUP (ORDER BY lag_ms))::float8 AS "p99Ms", max(lag_ms)::float8 AS "maxMs",
    json_build_object('synced', count(*) FILTER (WHERE outcome = 'synced'), 'retryable', count(*) FILTER (WHERE outcome = 'retryable'),
      'terminal', count(*) FILTER (WHERE outcome = 'terminal'), 'blocked', count(*) FILTER (WHERE outcome = 'blocked'),
      'late', count(*) FILTER (WHERE outcome = 'late')) AS outcomes
  FROM apim_attempt WHERE reported_at > now() - interval '1 hour'`;

import type { Pool } from 'pg';

import { type LinkConfig, type LinkFacts, syncStatus, type SyncStatus, type TargetFacts } from './sync-info.ts';

/** A connector reports every 5 s; three missed reports are silence. */
export const SILENCE_MS = 15_000;

/** Status of each API that has a link, by API id. */
export async function readStatus(pool: Pool, apiIds: readonly string[], config: LinkConfig): Promise<Map<string, SyncStatus>> {
  if (apiIds.length === 0) return new Map();
  const { rows } = await pool.query<StatusRow>(READ, [apiIds, SILENCE_MS]);
  return new Map(rows.map((row) => [row.api_id, syncStatus(linkOf(row), row.target, config)]));
}

const READ = `
  SELECT link.api_id, link.phase, COALESCE(link.lease_until > now(), false) AS leased,
    link.looking AND NOT link.disturbed AND link.desired_generation = link.synced_generation AS looking,
    link.paused_at IS NOT NULL AS paused, link.reason, link.message, link.attempts,
    link.next_attempt_at, link.remote_id, link.remote_revision,
    GREATEST(link.pushed_generation, link.synced_generation) AS known_generation, link.losses,
    CASE WHEN target.account_id IS NOT NULL THEN json_build_object(
      'configured', target.configured, 'mode', target.mode, 'connected', target.connected, 'blocked', target.blocked,
      'reason', target.reason, 'message', target.message,
      'silent', target.reported_at < now() - $2 * interval '1 millisecond') END AS target
  FROM apim_link link LEFT JOIN apim_target target USING (account_id)
  WHERE link.api_id = ANY($1::uuid[])`;

interface StatusRow {
  readonly api_id: string;
  readonly phase: LinkFacts['phase'];
  readonly leased: boolean;
  readonly looking: boolean;
  readonly paused: boolean;
  readonly reason: string | null;
  readonly message: string | null;
  readonly attempts: number;
  readonly next_attempt_at: Date;
  readonly remote_id: string | null;
  readonly remote_revision: string | null;
  readonly known_generation: string;
  readonly losses: LinkFacts['losses'];
  readonly target: TargetFacts | null;
}

function linkOf(row: StatusRow): LinkFacts {
  return {
    phase: row.phase,
    leased: row.leased,
    looking: row.looking,
    paused: row.paused,
    reason: row.reason,
    message: row.message,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    remoteId: row.remote_id,
    remoteRevision: row.remote_revision,
    knownGeneration: Number(row.known_generation),
    losses: row.losses,
  };
}

import type { Pool } from 'pg';

/** A look whether APIM's copy is still what was pushed. It changes nothing there, so it takes no lease on the link. */
export interface DueCheck {
  readonly apiId: string;
  /** A push since then makes the answer worthless */
  readonly fencingToken: number;
  readonly generation: number;
  readonly desiredState: 'deployed' | 'undeployed';
  readonly documentJson: string;
  readonly displayName: string;
  readonly version: string;
  readonly remoteId: string;
  /** What was pushed last; '' = not kept */
  readonly baseJson: string;
  readonly fingerprint: string;
}

/** For as long nobody else makes the same check. */
const PATIENCE = '2 minutes';

/** The check that has been due longest. Never while the link is being pushed or waits to be, nor while the target cannot be asked. */
export async function claimCheck(pool: Pool): Promise<DueCheck | null> {
  const { rows } = await pool.query<{
    api_id: string;
    fencing_token: string;
    desired_generation: string;
    desired_state: DueCheck['desiredState'];
    document: string;
    display_name: string;
    api_version: string;
    remote_id: string;
    base: string | null;
    drift_fingerprint: string | null;
  }>(
    `WITH candidate AS (
       SELECT link.api_id FROM apim_link link JOIN apim_target target USING (account_id)
       WHERE drift_check_at <= now() AND link.phase IN ('synced', 'failed', 'parked') AND link.remote_id IS NOT NULL
         AND link.desired_state <> 'deleted' AND target.mode = 'onprem' AND NOT target.blocked
       ORDER BY drift_check_at LIMIT 1 FOR UPDATE OF link SKIP LOCKED)
     UPDATE apim_link link SET drift_check_at = now() + interval '${PATIENCE}'
     FROM candidate, api WHERE link.api_id = candidate.api_id AND api.id = link.api_id
     RETURNING link.api_id, link.fencing_token, link.desired_generation, link.desired_state, api.document::text AS document,
       link.display_name, link.api_version, link.remote_id, link.pushed_content::text AS base, link.drift_fingerprint`,
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    apiId: row.api_id,
    fencingToken: Number(row.fencing_token),
    generation: Number(row.desired_generation),
    desiredState: row.desired_state,
    documentJson: row.document,
    displayName: row.display_name,
    version: row.api_version,
    remoteId: row.remote_id,
    baseJson: row.base ?? '',
    fingerprint: row.drift_fingerprint ?? '',
  };
}

import type { PoolClient } from 'pg';

import type { OutcomeReport } from './transition.ts';

/** One HTTP exchange with APIM as people see it. */
export interface SeenExchange {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly requestBytes: number;
  /** null = no answer */
  readonly status: number | null;
  readonly tookMs: number;
  /** Of an exchange that was no success: what APIM said, or why nothing came */
  readonly answer: string | null;
}

interface Attempted extends OutcomeReport {
  readonly apiId: string;
  readonly exchanges: readonly SeenExchange[];
}

/** More than anyone scrolls through; the newest are kept. */
const ATTEMPTS_KEPT = 50;

/**
 * Keeps one claim's outcome beside its link, before the link changes. `synced` also says how long the wish took; `late` marks a
 * worker that somebody had followed already.
 */
export async function storeAttempt(tx: PoolClient, report: Attempted, as: 'synced' | 'as-told' | 'late'): Promise<void> {
  const { apiId, generation, outcome, tried, exchanges } = report;
  const told = outcome.kind === 'synced' ? 'synced' : outcome.class;
  const failed = outcome.kind === 'failed' ? outcome : null;
  await tx.query(
    `INSERT INTO apim_attempt (api_id, generation, worker_id, claimed_at, outcome, reason, message, tried, exchanges, lag_ms)
     SELECT $1, $2, CASE WHEN $3 <> 'late' THEN link.lease_owner END, CASE WHEN $3 <> 'late' THEN link.claimed_at END, $3, $4, $5, $6, $7,
       CASE WHEN $8 THEN GREATEST(0, extract(epoch FROM now() - link.desired_at) * 1000)::bigint END
     FROM (SELECT $1::uuid AS api_id) asked LEFT JOIN apim_link link USING (api_id)`,
    [
      apiId,
      generation,
      as === 'late' ? 'late' : told,
      failed?.code ?? null,
      failed?.message ?? null,
      tried,
      JSON.stringify(exchanges),
      as === 'synced',
    ],
  );
  await tx.query(
    `DELETE FROM apim_attempt WHERE api_id = $1 AND id <= (
       SELECT id FROM apim_attempt WHERE api_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)`,
    [apiId, ATTEMPTS_KEPT],
  );
}

import type { Pool } from 'pg';

/** A delivery under our lease. */
export interface DueWebhook {
  readonly id: string;
  readonly destination: string;
  readonly type: string;
  /** What is sent: the same at every try */
  readonly body: string;
  /** This one included */
  readonly attempts: number;
  readonly isLast: boolean;
}

/** Tried for so long; what is older is nobody's news any more. */
const AGE_MAX = '24 hours';
/** Longer than a delivery takes (post-webhook.ts). */
const LEASE = '60 seconds';

/** Takes what is due. Of one destination one at a time, oldest first, so that news arrives in order while it arrives. */
export async function claimWebhooks(pool: Pool, countMax: number): Promise<readonly DueWebhook[]> {
  const { rows } = await pool.query<{
    id: string;
    destination: string;
    event_type: string;
    data: unknown;
    created_at: Date;
    attempts: number;
    is_last: boolean;
  }>(
    `WITH candidate AS (
       SELECT id FROM webhook_delivery due
       WHERE state = 'pending' AND next_attempt_at <= now() AND NOT EXISTS (
         SELECT 1 FROM webhook_delivery before WHERE before.destination = due.destination AND before.state = 'pending' AND before.id < due.id)
       ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
     UPDATE webhook_delivery delivery SET attempts = attempts + 1, next_attempt_at = now() + interval '${LEASE}'
     FROM candidate WHERE delivery.id = candidate.id
     RETURNING delivery.id, destination, event_type, data, created_at, attempts, created_at < now() - interval '${AGE_MAX}' AS is_last`,
    [countMax],
  );
  return rows.map(({ id, destination, event_type: type, data, created_at: createdAt, attempts, is_last: isLast }) => ({
    id,
    destination,
    type,
    body: JSON.stringify({ id, type, at: createdAt.toISOString(), data }),
    attempts,
    isLast,
  }));
}

/** `retryInMs` counts only while it stays pending. */
export async function settleWebhook(
  pool: Pool,
  id: string,
  {
    state,
    error,
    retryInMs,
  }: { readonly state: 'delivered' | 'dropped' | 'pending'; readonly error: string | null; readonly retryInMs: number },
): Promise<void> {
  await pool.query(
    `UPDATE webhook_delivery SET state = $2, last_error = $3, next_attempt_at = now() + $4 * interval '1 millisecond',
       settled_at = CASE WHEN $2 <> 'pending' THEN now() END WHERE id = $1 AND state = 'pending'`,
    [id, state, error?.slice(0, 500) ?? null, retryInMs],
  );
}

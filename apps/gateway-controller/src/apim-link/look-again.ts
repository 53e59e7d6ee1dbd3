import type { EntityManager } from 'typeorm';

/** What a rewound database may have handed out already, since the backup was taken, is far below this. */
const TOKENS_FORGOTTEN_MAX = 1_000_000;

/**
 * The database went back: what it says about APIM may be older than what APIM has. Every link is dirty, so that APIM is looked at
 * before anything is sent, and what passed for synced comes due; leases end, and no token handed out before is ever reached again,
 * so that a worker that lived through it can only report in vain.
 */
export async function lookAgainAtAll(tx: EntityManager): Promise<void> {
  await tx.query(
    `UPDATE apim_link SET dirty = true, fencing_token = fencing_token + $1, lease_owner = NULL, lease_until = NULL,
       phase = CASE WHEN phase IN ('synced', 'syncing') THEN 'waiting' ELSE phase END,
       next_attempt_at = CASE WHEN phase IN ('synced', 'syncing') THEN now() ELSE next_attempt_at END, updated_at = now()`,
    [TOKENS_FORGOTTEN_MAX],
  );
}

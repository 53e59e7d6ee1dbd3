import type { Transaction } from '../database/transaction.ts';

/** Something to be told to a destination: `<source>:<name>`, resolved when it is sent (webhook-destinations.ts). */
export interface OwedWebhook {
  readonly destination: string;
  /** e.g. "sync.failed" */
  readonly type: string;
  /** No secrets: it is kept for days and leaves the house */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Undelivered at most, per destination: one that is away for long loses news, not our disk. */
const PENDING_MAX = 1000;

/** Owes one webhook: sent only if the caller's transaction commits, and then at least once, within a day. */
export async function oweWebhook(tx: Transaction, { destination, type, data }: OwedWebhook): Promise<void> {
  await tx.query(
    `INSERT INTO webhook_delivery (destination, event_type, data)
     SELECT $1, $2, $3 WHERE (SELECT count(*) FROM webhook_delivery WHERE destination = $1 AND state = 'pending') < ${PENDING_MAX}`,
    [destination, type, JSON.stringify(data)],
  );
  await tx.query(`SELECT pg_notify('tidegate_webhooks', '')`);
}

import { CHANGES_STREAM, type ChangeDoorbell } from '@tidegate/gateway-events';

import type { Transaction } from '../database/transaction.ts';

/**
 * Owes one doorbell: it rings only if the caller's transaction commits, and then at least once, after it.
 * It says who changed, never what: whoever hears it reads the state itself.
 */
export async function oweDoorbell(tx: Transaction, doorbell: ChangeDoorbell): Promise<void> {
  await tx.query(`INSERT INTO outbox (topic, payload) VALUES ($1, $2)`, [CHANGES_STREAM, JSON.stringify(doorbell)]);
  await tx.query(`SELECT pg_notify('tidegate_outbox', '')`);
}

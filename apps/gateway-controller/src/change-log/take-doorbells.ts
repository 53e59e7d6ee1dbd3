import { type ChangeDoorbell, changeDoorbell } from '@tidegate/gateway-events';
import type { Pool } from 'pg';

export interface OwedDoorbell {
  /** Name of the Redis stream */
  readonly topic: string;
  readonly doorbell: ChangeDoorbell;
}

/** Doorbells per transaction. */
export const DOORBELLS_MAX = 100;

/**
 * Takes the oldest doorbells that no other replica is ringing, rings them and deletes them in one transaction: a crash in
 * between rings twice, never not at all. Answers how many rows were taken.
 * @throws what `ring` throws, or the database; the rows are still owed then
 */
export async function takeDoorbells(pool: Pool, ring: (owed: readonly OwedDoorbell[]) => Promise<void>): Promise<number> {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query(`BEGIN`);
    await client.query(`SET LOCAL idle_in_transaction_session_timeout = '5s'`);
    const { rows } = await client.query<{ id: string; topic: string; payload: unknown }>(
      `SELECT id, topic, payload FROM outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [DOORBELLS_MAX],
    );
    if (rows.length > 0) {
      await ring(rows.flatMap(owed));
      await client.query(`DELETE FROM outbox WHERE id = ANY($1::bigint[])`, [rows.map(({ id }) => id)]);
    }
    await client.query(`COMMIT`);
    broken = false;
    return rows.length;
  } finally {
    // Closing the connection is the rollback that cannot fail.
    client.release(broken);
  }
}

/** A row of another release that we cannot read is dropped: the sweep of its consumer heals what it would have said. */
function owed({ topic, payload }: { topic: string; payload: unknown }): OwedDoorbell[] {
  const parsed = changeDoorbell.safeParse(payload);
  return parsed.success ? [{ topic, doorbell: parsed.data }] : [];
}

/** Forgets doorbells that nobody could be rung with for so long that sweeps have done the work. Answers how many. */
export async function dropStaleDoorbells(pool: Pool, ageMs: number): Promise<number> {
  const { rowCount } = await pool.query(
    `DELETE FROM outbox WHERE id IN (
       SELECT id FROM outbox WHERE created_at < now() - $1 * interval '1 millisecond' FOR UPDATE SKIP LOCKED)`,
    [ageMs],
  );
  return rowCount ?? 0;
}

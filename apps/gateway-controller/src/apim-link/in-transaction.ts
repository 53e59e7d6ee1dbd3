import type { Pool, PoolClient } from 'pg';

/** One short READ COMMITTED transaction: a statement sees what was committed before it began, locks included. */
export async function inTransaction<T>(pool: Pool, work: (tx: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query(`BEGIN`);
    await client.query(`SET LOCAL idle_in_transaction_session_timeout = '5s'`);
    await client.query(`SET LOCAL lock_timeout = '2s'`);
    const result = await work(client);
    await client.query(`COMMIT`);
    broken = false;
    return result;
  } finally {
    // Closing the connection is the rollback that cannot fail.
    client.release(broken);
  }
}

import type { Pool } from 'pg';

/**
 * Takes or keeps a named lease, so that one of many replicas does a job (invariant 16).
 * Answers the fencing token, which grows with every change of owner, or `null` while another owner's lease runs.
 */
export async function takeLease(pool: Pool, name: string, owner: string, ttlMs: number): Promise<number | null> {
  const { rows } = await pool.query<{ fencing_token: string }>(
    `INSERT INTO lease (name, owner, expires_at) VALUES ($1, $2, now() + $3 * interval '1 millisecond')
     ON CONFLICT (name) DO UPDATE SET
       fencing_token = lease.fencing_token + (lease.owner <> excluded.owner)::int,
       owner = excluded.owner,
       expires_at = excluded.expires_at
     WHERE lease.owner = excluded.owner OR lease.expires_at < now()
     RETURNING fencing_token`,
    [name, owner, ttlMs],
  );
  return rows[0] === undefined ? null : Number(rows[0].fencing_token);
}

/** Lets go early, so that the next owner need not wait for the end. Never takes another's lease away. */
export async function dropLease(pool: Pool, name: string, owner: string): Promise<void> {
  await pool.query(`UPDATE lease SET expires_at = now() WHERE name = $1 AND owner = $2`, [name, owner]);
}

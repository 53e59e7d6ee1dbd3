import type { Pool } from 'pg';

/** Extends a lease from now; false = the caller does not hold it any more (it ran out, or another claim came after). */
export async function renew(pool: Pool, apiId: string, fencingToken: number, leaseMs: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE apim_link SET lease_until = now() + $3 * interval '1 millisecond'
     WHERE api_id = $1 AND fencing_token = $2 AND phase = 'syncing' AND lease_until > now()`,
    [apiId, fencingToken, leaseMs],
  );
  return rowCount === 1;
}

import type { Transaction } from '../database/transaction.ts';

/**
 * Forgets a tombstone, and remembers for as long as needed what its API is called in APIM: a new one of its name is no stranger there.
 * `remoteId` null = what the link says.
 */
export async function letGo(tx: Transaction, apiId: string, remoteId: string | null): Promise<void> {
  await tx.query(
    `WITH gone AS (DELETE FROM apim_link WHERE api_id = $1
       RETURNING account_id, display_name, api_version, COALESCE($2, remote_id) AS remote_id, former_ids || api_id AS api_ids)
     INSERT INTO apim_released (account_id, display_name, api_version, remote_id, api_ids)
     SELECT account_id, display_name, api_version, remote_id, api_ids FROM gone
     ON CONFLICT (account_id, display_name, api_version) DO UPDATE SET
       remote_id = COALESCE(excluded.remote_id, apim_released.remote_id),
       api_ids = apim_released.api_ids || excluded.api_ids, released_at = now()`,
    [apiId, remoteId],
  );
}

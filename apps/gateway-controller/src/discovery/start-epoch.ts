import { EntryKind } from '@tidegate/gateway-ir';
import type { EntityManager } from 'typeorm';

import { lookAgainAtAll } from '../apim-link/look-again.ts';
import type { GatewayChange } from '../change-log/gateway-writer.ts';

/** What somebody remembers that the database does not. */
export interface Remembered {
  /** The epoch it was judged under: if another replica started a new one meanwhile, that one stands. `null` = judge nothing */
  readonly judgedEpoch: number | null;
  /** The new epoch is above this one */
  readonly seenEpoch: number;
  /** By gateway id */
  readonly seenVersions: ReadonlyMap<string, number>;
  /** Keys reported revoked; those with an active row are held back until somebody decides */
  readonly revokedKeyIds: readonly string[];
}

/**
 * Starts a new numbering, in a transaction that has locked every gateway: the epoch, each version past everything seen, the reported
 * keys held, and every API looked up in APIM before it is touched again. `epoch: null` = another replica was first.
 */
export async function startEpoch(
  tx: EntityManager,
  remembered: Remembered,
): Promise<{ epoch: number | null; changes: GatewayChange[] }> {
  const [installation] = await tx.query<{ epoch: string }[]>(`SELECT epoch FROM installation FOR UPDATE`);
  const current = Number(installation?.epoch);
  const changes = await holdKeys(tx, remembered.revokedKeyIds);
  if (remembered.judgedEpoch !== null && current > remembered.judgedEpoch) return { epoch: null, changes };
  const epoch = Math.max(current, remembered.seenEpoch) + 1;
  await tx.query(`UPDATE installation SET epoch = $1`, [epoch]);
  await tx.query(RAISE, [[...remembered.seenVersions.keys()], [...remembered.seenVersions.values()]]);
  await lookAgainAtAll(tx);
  return { epoch, changes };
}

const RAISE = `
  WITH raised AS (
    UPDATE gateway SET version = 1 + greatest(version, (
      SELECT max(seen.version) FROM unnest($1::uuid[], $2::bigint[]) AS seen(id, version) WHERE seen.id = gateway.id))
    WHERE deleted_at IS NULL RETURNING id, version)
  SELECT pg_notify('tidegate_version', id || ':' || version) FROM raised`;

async function holdKeys(tx: EntityManager, keyIds: readonly string[]): Promise<GatewayChange[]> {
  if (keyIds.length === 0) return [];
  const rows = await tx.query<{ gatewayId: string; entryId: string }[]>(
    `WITH held AS (UPDATE api_key SET held_at = now() WHERE id = ANY($1::uuid[]) AND held_at IS NULL RETURNING id, api_id)
     SELECT DISTINCT place.gateway_id AS "gatewayId", held.id AS "entryId"
     FROM held JOIN deployment USING (api_id) JOIN environment_place AS place USING (environment_id)
     WHERE place.gateway_id IS NOT NULL`,
    [keyIds],
  );
  return rows.map((row) => ({ ...row, kind: EntryKind.API_KEY, removed: true }));
}

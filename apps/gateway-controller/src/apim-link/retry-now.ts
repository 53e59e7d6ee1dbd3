import type { EntityManager } from 'typeorm';

import { oweDoorbell } from '../change-log/outbox.ts';

/**
 * Makes a link due whatever it waits for. A running push is left alone, but knows nothing of this wish: its report does not settle
 * the matter. A blocked link stays one, and so is the probe that finds out whether what blocked it was mended.
 */
export async function retryNow(tx: EntityManager, apiId: string, adopt: boolean): Promise<boolean> {
  const [rows] = await tx.query<[{ desired_generation: string }[], number]>(
    `UPDATE apim_link SET
       phase = CASE WHEN lease_until > now() OR phase = 'blocked' THEN phase ELSE 'waiting' END,
       disturbed = disturbed OR COALESCE(lease_until > now(), false), dirty = dirty OR phase = 'synced',
       adopt = adopt OR $2, force = force OR drift = 'out_of_sync', attempts = 0, next_attempt_at = now(), updated_at = now()
     WHERE api_id = $1 RETURNING desired_generation`,
    [apiId, adopt],
  );
  const row = rows[0];
  if (row === undefined) return false;
  await oweDoorbell(tx, { apiId, generation: Number(row.desired_generation) });
  return true;
}

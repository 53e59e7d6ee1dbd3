import type { EntityManager } from 'typeorm';

import { oweDoorbell } from '../change-log/outbox.ts';

/** Makes a link due whatever it waits for. A running push is left alone: its report decides. */
export async function retryNow(tx: EntityManager, apiId: string, adopt: boolean): Promise<boolean> {
  const [rows] = await tx.query<[{ desired_generation: string }[], number]>(
    `UPDATE apim_link SET
       phase = CASE WHEN lease_until > now() THEN phase ELSE 'waiting' END,
       dirty = dirty OR phase = 'synced', adopt = adopt OR $2, attempts = 0, next_attempt_at = now(), updated_at = now()
     WHERE api_id = $1 RETURNING desired_generation`,
    [apiId, adopt],
  );
  const row = rows[0];
  if (row === undefined) return false;
  await oweDoorbell(tx, { apiId, generation: Number(row.desired_generation) });
  return true;
}

import type { Db } from '../environments/deployment-targets.ts';

/**
 * Everything that passes for synced is looked at in APIM as soon as nothing else is due; what is not as it should be is pushed
 * again. The extra look is not taken from those that are owed for an exchange of unknown outcome.
 * @returns how many APIs, and the database's time before which none of them was looked at
 */
export async function lookAtSynced(db: Db): Promise<{ apis: number; since: Date }> {
  const [told] = await db.query<{ apis: number; since: Date }[]>(
    `WITH told AS (
       UPDATE apim_link SET looks = looks + 1, look_at = now(), updated_at = now()
       WHERE phase = 'synced' AND paused_at IS NULL AND account_id = (SELECT account_id FROM installation) RETURNING 1)
     SELECT count(*)::int AS apis, now() AS since FROM told`,
  );
  return told ?? { apis: 0, since: new Date() };
}

import type { Pool } from 'pg';

export interface TombstoneBounds {
  readonly ageMsMax: number;
  /** Per gateway */
  readonly countMax: number;
}

/** A router that was away for longer than this gets a full listing instead of a delta. */
export const TOMBSTONE_BOUNDS: TombstoneBounds = { ageMsMax: 7 * 24 * 3_600_000, countMax: 100_000 };

/**
 * Deletes the tombstones that are too old or too many, and raises each gateway's floor to the newest one deleted: deltas start
 * at the floor or above. Every tombstone up to the floor goes, so the floor is exact. Answers how many were deleted.
 */
export async function pruneTombstones(pool: Pool, bounds: TombstoneBounds): Promise<number> {
  const { rows } = await pool.query<{ deleted: string }>(PRUNE, [bounds.ageMsMax, bounds.countMax]);
  return Number(rows[0]?.deleted ?? 0);
}

const PRUNE = `
  WITH ranked AS (
    SELECT gateway_id, version, changed_at,
           row_number() OVER (PARTITION BY gateway_id ORDER BY version DESC, kind, entry_id) AS newest
    FROM gateway_change WHERE removed
  ), floor AS (
    SELECT gateway_id, max(version) AS version FROM ranked
    WHERE changed_at < now() - $1 * interval '1 millisecond' OR newest > $2
    GROUP BY gateway_id
  ), raised AS (
    INSERT INTO gateway_change_floor (gateway_id, version) SELECT gateway_id, version FROM floor
    ON CONFLICT (gateway_id) DO UPDATE SET version = greatest(gateway_change_floor.version, excluded.version)
  ), gone AS (
    DELETE FROM gateway_change AS change USING floor
    WHERE change.removed AND change.gateway_id = floor.gateway_id AND change.version <= floor.version
    RETURNING 1
  )
  SELECT count(*) AS deleted FROM gone`;

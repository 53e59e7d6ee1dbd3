import type { Pool } from 'pg';

import { MIGRATIONS } from '../database/migrations.ts';
import type { SnapshotStore } from '../discovery/snapshot-store.ts';

/** A database that takes longer is as good as away. */
const TIMEOUT_MS = 2000;

/**
 * Whether this replica can do its work: the database answers, its tables are what this release needs, and every gateway it names
 * has a snapshot here. A `type`, since the admin server takes any record of checks.
 */
export type ControllerReadiness = { readonly database: boolean; readonly migrations: boolean; readonly snapshot: boolean };

/** Asked from the database each time: a restored backup may have taken tables away. */
export async function readiness(pool: Pool, snapshots: Pick<SnapshotStore, 'gatewayIds'>): Promise<ControllerReadiness> {
  try {
    const { rows } = await pool.query<{ applied: string[]; gateways: string[] }>({
      text: FACTS,
      query_timeout: TIMEOUT_MS,
    } as { text: string });
    const { applied = [], gateways = [] } = rows[0] ?? {};
    const built = new Set(snapshots.gatewayIds());
    return {
      database: true,
      migrations: MIGRATIONS.every((Migration) => applied.includes(new Migration().name)),
      snapshot: gateways.every((id) => built.has(id)),
    };
  } catch {
    return { database: false, migrations: false, snapshot: snapshots.gatewayIds().length > 0 };
  }
}

const FACTS = `
  SELECT coalesce((SELECT array_agg(name) FROM schema_migration), '{}') AS applied,
         coalesce((SELECT array_agg(id::text) FROM gateway WHERE deleted_at IS NULL AND created_at < now() - interval '5 seconds'), '{}') AS gateways
  FROM installation`;

import type { Db } from '../environments/deployment-targets.ts';
import type { ReleaseSchedule } from './release-slot.ts';

export interface RuntimeRow {
  /** `null` = what each node's image has */
  readonly wanted: string | null;
  readonly previous: string | null;
  readonly left: string | null;
  readonly updatedAt: Date | null;
  readonly nowMs: number;
}

export interface RuntimeNode {
  readonly id: string;
  readonly live: boolean;
  readonly version: string | null;
}

export const NO_SCHEDULE: ReleaseSchedule & { readonly revision: number } = {
  scheduleType: 'NEVER',
  dayOfWeek: null,
  hourOfDay: null,
  timeZone: null,
  revision: 0,
};

export async function runtimeRow(db: Db, gatewayId: string): Promise<RuntimeRow> {
  const [row] = await db.query<(Omit<RuntimeRow, 'nowMs'> & { nowMs: string })[]>(
    `SELECT runtime_version AS wanted, runtime_previous AS previous, runtime_left AS "left", runtime_updated_at AS "updatedAt",
            extract(epoch FROM now()) * 1000 AS "nowMs" FROM gateway WHERE id = $1`,
    [gatewayId],
  );
  if (row === undefined) throw new Error(`No gateway ${gatewayId}`);
  return { ...row, nowMs: Number(row.nowMs) };
}

/** Those that have said what they run. */
export async function runtimeNodes(db: Db, gatewayId: string): Promise<RuntimeNode[]> {
  return db.query<RuntimeNode[]>(
    `SELECT node_id AS id, coalesce(lease_until > now(), false) AS live, runtime_version AS version
     FROM node WHERE gateway_id = $1 ORDER BY node_id`,
    [gatewayId],
  );
}

export async function findSchedule(db: Db, gatewayId: string): Promise<(ReleaseSchedule & { readonly revision: number }) | null> {
  const [row] = await db.query<(ReleaseSchedule & { revision: string })[]>(
    `SELECT schedule_type AS "scheduleType", day_of_week AS "dayOfWeek", hour_of_day AS "hourOfDay", time_zone AS "timeZone",
            row_version AS revision FROM runtime_schedule WHERE gateway_id = $1`,
    [gatewayId],
  );
  return row === undefined ? null : { ...row, revision: Number(row.revision) };
}

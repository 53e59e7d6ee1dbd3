import type { SyncLag } from '@tidegate/management-api';

import type { Db } from '../environments/deployment-targets.ts';

const STEPS = 60;

/** Attempts of the last minutes in sixty steps, by PostgreSQL's clock; the last step is under way. */
export async function readLag(db: Db, minutes: number): Promise<SyncLag> {
  const stepSeconds = minutes;
  const rows = await db.query<{ at: Date; synced: number; failed: number; medianMs: number | null; maxMs: number | null }[]>(
    LAG,
    [stepSeconds, STEPS],
  );
  const points = rows.map(({ at, ...figures }) => ({ at: at.toISOString(), ...figures }));
  return { status: 'success', minutes, stepSeconds, points };
}

/** minutes * 60 s / 60 steps = as many seconds a step as minutes are asked for */
const LAG = `
  WITH steps AS (
    SELECT to_timestamp((floor(extract(epoch FROM now()) / $1) - $2 + step) * $1) AS at FROM generate_series(1, $2) AS step)
  SELECT at, count(lag_ms)::int AS synced, (count(id) FILTER (WHERE outcome <> 'synced'))::int AS failed,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY lag_ms))::float8 AS "medianMs", max(lag_ms)::float8 AS "maxMs"
  FROM steps LEFT JOIN apim_attempt ON reported_at >= at AND reported_at < at + $1 * interval '1 second'
  GROUP BY at ORDER BY at`;

import type { Pool } from 'pg';

import type { Db } from '../environments/deployment-targets.ts';
import { type IncomingEvent, putListed } from './inbox.ts';

export type ListingKind = 'deployments' | 'keys';

/** What the latest listing of a kind would take away, were it believed; none = it was. */
export async function holdRemovals(pool: Pool, listing: ListingKind, events: readonly IncomingEvent[]): Promise<void> {
  if (events.length === 0) {
    await pool.query(`DELETE FROM cp_held WHERE listing = $1`, [listing]);
    return;
  }
  await pool.query(
    `INSERT INTO cp_held (listing, events) VALUES ($1, $2) ON CONFLICT (listing) DO UPDATE SET events = excluded.events`,
    [listing, JSON.stringify(events)],
  );
}

export interface HeldRemovals {
  readonly deployments: number;
  readonly keys: number;
  readonly since: Date | null;
}

export async function countHeld(db: Db): Promise<HeldRemovals> {
  const [counted] = await db.query<HeldRemovals[]>(
    `SELECT COALESCE(sum(jsonb_array_length(events)) FILTER (WHERE listing = 'deployments'), 0)::int AS deployments,
       COALESCE(sum(jsonb_array_length(events)) FILTER (WHERE listing = 'keys'), 0)::int AS keys, min(held_at) AS since FROM cp_held`,
  );
  return counted as HeldRemovals; // an aggregate has one row
}

/** Somebody says that the control plane means it. Each removal still gives way to whatever is newer than its listing. */
export async function confirmRemovals(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ events: readonly IncomingEvent[] }>(`SELECT events FROM cp_held`);
  const events = rows.flatMap((row) => row.events);
  await putListed(pool, events);
  await pool.query(`DELETE FROM cp_held`);
  return events.length;
}

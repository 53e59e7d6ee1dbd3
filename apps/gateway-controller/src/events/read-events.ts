import type { ChangeEvent } from '@tidegate/management-api';
import type { Pool } from 'pg';

import type { Caller } from '../http/access.ts';

export interface StoredEvent {
  readonly id: number;
  readonly event: ChangeEvent;
}

/** Where the stream stands; `first` = the oldest event that is kept, `null` = none is. */
export interface EventHead {
  readonly epoch: number;
  readonly first: number | null;
  readonly last: number;
}

export async function readHead(pool: Pool): Promise<EventHead> {
  const { rows } = await pool.query<{ epoch: string; first: string | null; last: string }>(
    `SELECT installation.epoch, (SELECT min(id) FROM event) AS first, event_counter.last_id AS last FROM installation, event_counter`,
  );
  const [head] = rows;
  return { epoch: Number(head?.epoch), first: head?.first ? Number(head.first) : null, last: Number(head?.last) };
}

/** Oldest first, at most `limit`, of those that this caller may see. Ids are commit-ordered: nothing appears later below `last`. */
export async function readEvents(
  pool: Pool,
  { after, last, limit }: { after: number; last: number; limit: number },
  caller: Caller,
): Promise<StoredEvent[]> {
  const { rows } = await pool.query<Row>(
    `SELECT id, at, type, subject_id, subject_name, data FROM event
     WHERE id > $1 AND id <= $2 AND (owner IS NULL AND $3 OR owner IS NOT NULL AND ($4 OR owner = $5))
     ORDER BY id LIMIT $6`,
    [after, last, sees(caller, 'admin', 'developer', 'viewer'), sees(caller, 'admin', 'viewer'), caller.id, limit],
  );
  return rows.map(({ id, at, type, subject_id, subject_name, data }) => ({
    id: Number(id),
    event: { type, at: at.toISOString(), subject: { id: subject_id, name: subject_name }, data },
  }));
}

function sees({ roles }: Caller, ...those: Caller['roles'][number][]): boolean {
  return roles.some((role) => those.includes(role));
}

interface Row {
  readonly id: string;
  readonly at: Date;
  readonly type: ChangeEvent['type'];
  readonly subject_id: string;
  readonly subject_name: string;
  readonly data: Record<string, unknown>;
}

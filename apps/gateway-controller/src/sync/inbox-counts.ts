import type { Db } from '../environments/deployment-targets.ts';

export interface InboxCounts {
  readonly pending: number;
  readonly acksOwed: number;
}

export async function readInboxCounts(db: Db): Promise<InboxCounts> {
  const [counts] = await db.query<InboxCounts[]>(
    `SELECT (SELECT count(*)::int FROM cp_inbox WHERE state = 'pending') AS pending,
       (SELECT count(*)::int FROM cp_inbox WHERE ack_sent < ack_owed) AS "acksOwed"`,
  );
  return counts as InboxCounts; // one row, always
}

import type { Pool } from 'pg';

import type { Db } from '../environments/deployment-targets.ts';

/** An event as it came; `performedAt` is RFC 3339. */
export interface IncomingEvent {
  readonly eventType: string;
  readonly subject: string;
  readonly payload: unknown;
  readonly dedupeKey: string;
  readonly correlationId: string;
  readonly userId: string;
  readonly performedAt: string;
}

/** An event under a worker's lease. */
export interface InboxRow {
  readonly id: number;
  readonly fencingToken: number;
  readonly eventType: string;
  readonly subject: string;
  readonly payload: unknown;
  readonly correlationId: string;
  readonly userId: string;
  readonly performedAt: Date;
  readonly attempts: number;
}

export interface Settled {
  readonly state: 'done' | 'failed' | 'ignored';
  readonly message: string;
  /** The whole ack message; null = this event has none */
  readonly ack: object | null;
}

/** Unsettled events kept at most; a control plane that sends more is reconciled instead. */
const PENDING_MAX = 10_000;

/**
 * Stores an event unless it is there. One that was delivered before owes its ack again: the first may have been lost with its
 * connection. Answers whether it was there.
 */
export async function putEvent(pool: Pool, event: IncomingEvent): Promise<'stored' | 'duplicate' | 'full'> {
  const again = await pool.query(`UPDATE cp_inbox SET ack_owed = ack_owed + (ack IS NOT NULL)::int WHERE dedupe_key = $1`, [
    event.dedupeKey,
  ]);
  if ((again.rowCount ?? 0) > 0) return 'duplicate';
  const stored = await pool.query(
    `INSERT INTO cp_inbox (event_type, subject, payload, dedupe_key, correlation_id, user_id, performed_at)
     SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM cp_inbox WHERE state = 'pending') < ${PENDING_MAX}
     ON CONFLICT (dedupe_key) DO NOTHING`,
    [
      event.eventType,
      event.subject,
      JSON.stringify(event.payload),
      event.dedupeKey,
      event.correlationId,
      event.userId,
      event.performedAt,
    ],
  );
  return stored.rowCount === 1 ? 'stored' : 'full';
}

/**
 * Stores what a listing means, in one statement, as far as there is room; answers how many are new or due again. What a listing says is said
 * anew each time: an event that was settled is handled once more, one that waits is not doubled.
 */
export async function putListed(pool: Pool, events: readonly IncomingEvent[]): Promise<{ put: number; isFull: boolean }> {
  if (events.length === 0) return { put: 0, isFull: false };
  const { rows } = await pool.query<{ room: number }>(
    `SELECT GREATEST(0, ${PENDING_MAX} - count(*))::int AS room FROM cp_inbox WHERE state = 'pending'`,
  );
  const room = rows[0]?.room ?? 0;
  const stored = await pool.query(
    `INSERT INTO cp_inbox (event_type, subject, payload, dedupe_key, correlation_id, user_id, performed_at)
     SELECT "eventType", subject, payload, "dedupeKey", "correlationId", "userId", "performedAt" FROM jsonb_to_recordset($1::jsonb) AS listed(
       "eventType" text, subject text, payload jsonb, "dedupeKey" text, "correlationId" text, "userId" text, "performedAt" timestamptz)
     ON CONFLICT (dedupe_key) DO UPDATE SET state = 'pending', attempts = 0, next_attempt_at = now(), settled_at = NULL,
       performed_at = excluded.performed_at WHERE cp_inbox.state <> 'pending'`,
    [JSON.stringify(events.slice(0, room))],
  );
  return { put: stored.rowCount ?? 0, isFull: room < events.length };
}

/** The oldest due event of an API that has none before it; by the control plane's clock, then by arrival. */
export async function claimEvent(pool: Pool, workerId: string, leaseMs: number): Promise<InboxRow | null> {
  const { rows } = await pool.query<StoredRow>(
    `WITH candidate AS (
       SELECT id FROM cp_inbox event
       WHERE state = 'pending' AND next_attempt_at <= now() AND (lease_until IS NULL OR lease_until <= now())
         AND NOT EXISTS (SELECT 1 FROM cp_inbox before WHERE before.subject = event.subject AND before.state = 'pending'
           AND (before.performed_at, before.id) < (event.performed_at, event.id))
       ORDER BY performed_at, id LIMIT 1
       FOR UPDATE SKIP LOCKED)
     UPDATE cp_inbox event SET lease_owner = $1, lease_until = now() + $2 * interval '1 millisecond',
       fencing_token = fencing_token + 1, attempts = attempts + 1
     FROM candidate WHERE event.id = candidate.id RETURNING event.*`,
    [workerId, leaseMs],
  );
  return rows[0] === undefined ? null : inboxRow(rows[0]);
}

/** Held until the transaction ends; null = settled meanwhile, or somebody else's by now. */
export async function lockClaim(db: Db, id: number, fencingToken: number): Promise<InboxRow | null> {
  const rows = await db.query<StoredRow[]>(
    `SELECT * FROM cp_inbox WHERE id = $1 AND fencing_token = $2 AND state = 'pending' FOR UPDATE`,
    [id, fencingToken],
  );
  return rows[0] === undefined ? null : inboxRow(rows[0]);
}

/** In the transaction that applied the event: effect and ack are one. */
export async function settleEvent(db: Db, id: number, { state, message, ack }: Settled): Promise<void> {
  await db.query(
    `UPDATE cp_inbox SET state = $2, message = $3, ack = $4, ack_owed = ack_owed + ($4::jsonb IS NOT NULL)::int, settled_at = now(),
       lease_owner = NULL, lease_until = NULL WHERE id = $1`,
    [id, state, message.slice(0, 2000), ack === null ? null : JSON.stringify(ack)],
  );
}

export async function retryEvent(db: Db, id: number, message: string, dueInMs: number): Promise<void> {
  await db.query(
    `UPDATE cp_inbox SET message = $2, next_attempt_at = now() + $3 * interval '1 millisecond', lease_owner = NULL, lease_until = NULL
     WHERE id = $1`,
    [id, message.slice(0, 2000), dueInMs],
  );
}

/**
 * Whether something that the control plane did later to the same thing was applied already: deliveries come out of order, and a key
 * that was revoked must not come back. Deploys have a guard of their own, on the row of the API.
 */
export async function isOvertaken(db: Db, row: InboxRow, thing: Thing | null): Promise<boolean> {
  const rows = await db.query<unknown[]>(
    `SELECT 1 FROM cp_inbox WHERE state = 'done' AND performed_at > $2 AND id <> $3
       AND (event_type = 'api.deleted' AND subject = $1
         OR split_part(event_type, '.', 1) = split_part($4, '.', 1) AND CASE $5
           WHEN 'keyName' THEN subject = $1 AND COALESCE(payload->>'keyName', payload->>'name') = $6
           ELSE payload->>$5 = $6 END) LIMIT 1`,
    [row.subject, row.performedAt, row.id, row.eventType, thing?.field ?? '', thing?.value ?? ''],
  );
  return rows.length > 0;
}

/** Something that events are about, by the field of their payload. */
export interface Thing {
  /** Key names are an API's own, the others are nobody else's */
  readonly field: 'keyName' | 'subscriptionId' | 'planId' | 'applicationId';
  readonly value: string;
}

export interface OwedAck {
  readonly id: number;
  readonly owed: number;
  readonly message: string;
}

const ACKS_AT_ONCE = 100;
/** What was written this shortly before a connection was lost may never have arrived. */
const DOUBTFUL_MS = 120_000;

export async function acksDue(pool: Pool, reconnected: boolean): Promise<OwedAck[]> {
  if (reconnected)
    await pool.query(
      `UPDATE cp_inbox SET ack_owed = ack_owed + 1
       WHERE ack IS NOT NULL AND ack_sent = ack_owed AND ack_sent_at > now() - $1 * interval '1 millisecond'`,
      [DOUBTFUL_MS],
    );
  const { rows } = await pool.query<{ id: string; ack_owed: string; ack: string }>(
    `SELECT id, ack_owed, ack::text AS ack FROM cp_inbox WHERE ack_sent < ack_owed ORDER BY id LIMIT ${ACKS_AT_ONCE}`,
  );
  return rows.map(({ id, ack_owed, ack }) => ({ id: Number(id), owed: Number(ack_owed), message: ack }));
}

/** One that was owed again meanwhile stays owed. */
export async function acksSent(pool: Pool, acks: readonly Pick<OwedAck, 'id' | 'owed'>[]): Promise<void> {
  await pool.query(
    `UPDATE cp_inbox SET ack_sent = GREATEST(ack_sent, sent.owed), ack_sent_at = now()
     FROM unnest($1::bigint[], $2::bigint[]) AS sent(id, owed) WHERE cp_inbox.id = sent.id`,
    [acks.map(({ id }) => id), acks.map(({ owed }) => owed)],
  );
}

interface StoredRow {
  readonly id: string;
  readonly fencing_token: string;
  readonly event_type: string;
  readonly subject: string;
  readonly payload: unknown;
  readonly correlation_id: string;
  readonly user_id: string;
  readonly performed_at: Date;
  readonly attempts: number;
}

function inboxRow(row: StoredRow): InboxRow {
  return {
    id: Number(row.id),
    fencingToken: Number(row.fencing_token),
    eventType: row.event_type,
    subject: row.subject,
    payload: row.payload,
    correlationId: row.correlation_id,
    userId: row.user_id,
    performedAt: row.performed_at,
    attempts: row.attempts,
  };
}

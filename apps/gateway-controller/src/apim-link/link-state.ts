import type { Pool, PoolClient } from 'pg';

import { inTransaction } from './in-transaction.ts';
import type { Wanting } from './sync-news.ts';
import { tellBlock, tellConnection } from './target-news.ts';

/** What a connector knows of the control plane. */
export interface TargetState {
  readonly configured: boolean;
  readonly mode: 'unknown' | 'onprem' | 'cloud';
  readonly connected: boolean;
  readonly blocked: boolean;
  /** null = fine */
  readonly reason: string | null;
  readonly message: string | null;
  readonly host: string;
}

/**
 * Stores what the connector says. When the control plane has come (back) within reach, everything that waited for it or gave up
 * becomes due at once with its attempts forgiven (decision 14). Answers whether it did.
 */
export function storeLinkState(pool: Pool, workerId: string, state: TargetState, wanting: Wanting): Promise<{ cameUp: boolean }> {
  return inTransaction(pool, async (tx) => {
    const accountId = await account(tx);
    if (accountId === null) return { cameUp: false };
    await tx.query(`INSERT INTO apim_target (account_id) VALUES ($1) ON CONFLICT (account_id) DO NOTHING`, [accountId]);
    const { rows } = await tx.query<StoredTarget>(
      `SELECT connected AND reported_by IS NOT DISTINCT FROM $2 AS connected, blocked, reason, message
       FROM apim_target WHERE account_id = $1 FOR UPDATE`,
      [accountId, workerId],
    );
    const stored = rows[0] ?? { connected: false, blocked: false, reason: null, message: null };
    const cameUp = becameUsable(stored, state);
    const block = blockAfter(stored, state, cameUp);
    await tx.query(
      `UPDATE apim_target SET configured = $2, mode = $3, connected = $4, blocked = $5, reason = $6, message = $7, host = $8,
         reported_by = $9, reported_at = now() WHERE account_id = $1`,
      [
        accountId,
        state.configured,
        state.mode,
        state.connected,
        block.blocked,
        block.reason,
        block.message,
        state.host,
        workerId,
      ],
    );
    if (cameUp) await rearm(tx, accountId);
    await tellBlock(tx, accountId, wanting);
    await tellConnection(tx, accountId, wanting);
    return { cameUp };
  });
}

export interface StoredTarget {
  /** As the same connector said: a new one (restarted, perhaps with mended settings) is a new connection */
  readonly connected: boolean;
  readonly blocked: boolean;
  readonly reason: string | null;
  readonly message: string | null;
}

/** Connected, or at least answering again: pushing needs HTTP, not the WebSocket. */
export function becameUsable(before: StoredTarget, now: TargetState): boolean {
  if (!now.configured || now.mode !== 'onprem' || now.blocked) return false;
  return (now.connected && !before.connected) || (isOutOfReach(before.reason) && !isOutOfReach(now.reason));
}

/**
 * A block that a report found (a scope is missing) is not the connector's to lift: it only sees that tokens are given. It does
 * lift one of credentials, which is what it probes; and a fresh connection gives everything another chance.
 */
export function blockAfter(
  before: StoredTarget,
  now: TargetState,
  cameUp: boolean,
): Pick<StoredTarget, 'blocked' | 'reason' | 'message'> {
  const own = { blocked: now.blocked, reason: now.reason, message: now.message };
  const keeps = before.blocked && !now.blocked && !cameUp && before.reason !== CREDENTIALS;
  return keeps ? { blocked: true, reason: before.reason, message: before.message } : own;
}

/** Reason of a block that fetching a token can lift. */
const CREDENTIALS = 'credentials';

function isOutOfReach(reason: string | null): boolean {
  return reason === 'unreachable' || reason === 'undiscovered' || reason === CREDENTIALS;
}

async function account(tx: PoolClient): Promise<string | null> {
  const { rows } = await tx.query<{ account_id: string }>(`SELECT account_id FROM installation`);
  return rows[0]?.account_id ?? null;
}

/** A link under a live lease is left to its worker. */
async function rearm(tx: PoolClient, accountId: string): Promise<void> {
  await tx.query(
    `UPDATE apim_link SET phase = 'waiting', attempts = 0, next_attempt_at = now(), updated_at = now()
     WHERE account_id = $1 AND phase IN ('waiting', 'failed', 'blocked')`,
    [accountId],
  );
}

import type { PoolClient } from 'pg';

import { tellNews, type Wanting } from './sync-news.ts';

/** A connection that is away for less is not worth waking anybody for. */
const FLAP = '30 seconds';

interface Told {
  readonly host: string | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly since: Date;
}

/** Tells once that the target refuses us, and once that it does not any more, whoever found out. */
export async function tellBlock(tx: PoolClient, accountId: string, wanting: Wanting): Promise<void> {
  const { rows } = await tx.query<Told & { blocked: boolean }>(
    `UPDATE apim_target target SET blocked_since = CASE WHEN target.blocked THEN now() END
     FROM (SELECT blocked_since FROM apim_target WHERE account_id = $1) before
     WHERE account_id = $1 AND target.blocked <> (target.blocked_since IS NOT NULL)
     RETURNING target.blocked, host, reason, message, COALESCE(before.blocked_since, now()) AS since`,
    [accountId],
  );
  for (const { blocked, ...told } of rows) await tellNews(tx, wanting, blocked ? 'sync.blocked' : 'sync.unblocked', said(told));
}

/** The connection's loss is told when it has lasted, and its return only to those who heard of the loss. */
export async function tellConnection(tx: PoolClient, accountId: string, wanting: Wanting): Promise<void> {
  await tx.query(
    `UPDATE apim_target SET down_since = now() WHERE account_id = $1 AND configured AND NOT connected AND down_since IS NULL`,
    [accountId],
  );
  const { rows } = await tx.query<Told & { connected: boolean }>(
    `UPDATE apim_target SET down_told = NOT connected WHERE account_id = $1
       AND (connected AND down_told OR NOT connected AND NOT down_told AND down_since < now() - interval '${FLAP}')
     RETURNING connected, host, reason, message, down_since AS since`,
    [accountId],
  );
  for (const { connected, ...told } of rows)
    await tellNews(tx, wanting, connected ? 'sync.connected' : 'sync.disconnected', said(told));
  await tx.query(`UPDATE apim_target SET down_since = NULL WHERE account_id = $1 AND connected AND down_since IS NOT NULL`, [
    accountId,
  ]);
}

function said({ host, reason, message, since }: Told): Record<string, unknown> {
  return { host, reason, message, since: since.toISOString() };
}

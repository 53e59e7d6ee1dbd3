import type { Transaction } from '../database/transaction.ts';
import { oweWebhook } from '../webhooks/owe-webhook.ts';
import type { NextState } from './transition.ts';

/** The destinations that want to hear of a type. */
export type Wanting = (type: SyncNews) => readonly string[];

/** Trouble on the way to the control plane and its end, each told once (docs/guide/sync.md). */
export type SyncNews =
  | 'sync.failed'
  | 'sync.recovered'
  | 'sync.blocked'
  | 'sync.unblocked'
  | 'sync.disconnected'
  | 'sync.connected'
  | 'sync.drifted'
  | 'sync.aligned';

/** Given up (for now, or until the document changes), or over it. An attempt that will be repeated soon is no news. Pure. */
export function newsOf(isFailing: boolean, { phase, reason }: Pick<NextState, 'phase' | 'reason'>): SyncNews | null {
  // What an operator gave up is not told to operators.
  if ((phase === 'failed' || phase === 'parked') && reason !== 'skipped') return isFailing ? null : 'sync.failed';
  return phase === 'synced' && isFailing ? 'sync.recovered' : null;
}

/** Owes one piece of news to everybody who wants it. */
export async function tellNews(
  tx: Transaction,
  wanting: Wanting,
  type: SyncNews,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const destination of wanting(type)) await oweWebhook(tx, { destination, type, data });
}

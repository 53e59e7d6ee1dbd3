import { type Begin, EntryKind } from '@tidegate/gateway-ir';

import { entriesOf, entryKey, type Held } from './held.ts';
import type { Problem } from './listing.ts';

/** More deployments than both of these, gone with a new numbering, are implausible (invariant 15). */
const DELETIONS_MAX = 10;
const DELETIONS_PERCENT_MAX = 20;

/**
 * Why a proved listing is not applied all the same, or `null`. A new epoch comes from a restored or lost database: what it does
 * not name may never have been deleted by anyone. Within an epoch, and in deltas, every deletion was somebody's wish.
 */
export function massDeletion(held: Held | null, next: Held, begin: Begin): Problem | null {
  if (begin.fromVersion > 0 || begin.deletionsConfirmed) return null;
  if (held === null || held.gatewayId !== next.gatewayId || held.epoch === 0 || held.epoch === next.epoch) return null;
  const served = entriesOf(held, EntryKind.ROUTES);
  const gone = served.filter(({ kind, id }) => !next.entries.has(entryKey(kind, id))).length;
  if (gone <= DELETIONS_MAX || gone * 100 <= served.length * DELETIONS_PERCENT_MAX) return null;
  const message = `epoch ${next.epoch} would take away ${gone} of ${served.length} deployments; they are served until it is confirmed`;
  return { code: 'deletions_need_confirmation', message };
}

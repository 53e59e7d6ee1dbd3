import { status } from '@grpc/grpc-js';
import type { Logger } from '@tidegate/process';
import type { RemoteDeployment, RemoteKey, ReconcileResponse } from '@tidegate/sync-link';
import type { Pool } from 'pg';

import { CallError } from '../apim-link/guarded-call.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { holdRemovals, type ListingKind } from './held-removals.ts';
import { putListed } from './inbox.ts';
import { reconcile, type Reconciled } from './reconcile.ts';
import { reconcileKeys } from './reconcile-keys.ts';
import { listRemoteApis, listRemoteKeys, ownRemoteIds } from './remote-apis.ts';

export interface Listings {
  readonly pool: Pool;
  readonly db: Db;
  readonly logger: Logger;
}

/** @throws CallError RESOURCE_EXHAUSTED while the inbox is full: the listing comes again */
export async function reconcileDeployments(to: Listings, listed: readonly RemoteDeployment[]): Promise<ReconcileResponse> {
  const [local, own] = await Promise.all([listRemoteApis(to.db), ownRemoteIds(to.db)]);
  return store(to, 'deployments', reconcile(listed, local, own));
}

/** @throws CallError as above */
export async function reconcileListedKeys(
  to: Listings,
  listed: readonly RemoteKey[],
  askedMsAgo: number,
): Promise<ReconcileResponse> {
  const askedAt = new Date(Date.now() - askedMsAgo);
  const [local, theirs, own] = await Promise.all([listRemoteKeys(to.db), listRemoteApis(to.db), ownRemoteIds(to.db)]);
  const known = new Set([...theirs.map(({ remoteId }) => remoteId), ...own]);
  return store(to, 'keys', reconcileKeys(listed, local, known, askedAt));
}

async function store({ pool, logger }: Listings, listing: ListingKind, { events, held }: Reconciled): Promise<ReconcileResponse> {
  const { put, isFull } = await putListed(pool, events);
  await holdRemovals(pool, listing, held);
  if (held.length > 0)
    logger.error(
      { listing, held: held.length },
      'Top-down: the control plane lists implausibly little; nothing is taken away for it until POST /sync/confirm-removals',
    );
  if (isFull) throw new CallError(status.RESOURCE_EXHAUSTED, 'The inbox is full: the rest comes with the next listing');
  return { events: put, held: held.length };
}

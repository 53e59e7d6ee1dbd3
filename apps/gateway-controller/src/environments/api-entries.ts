import { EntryKind } from '@tidegate/gateway-ir';

import type { GatewayChange } from '../change-log/gateway-writer.ts';
import type { Db } from './deployment-targets.ts';

/** What travels with an API to every gateway that serves it, beside its routes: keys and subscriptions. */
export interface ApiEntry {
  readonly kind: EntryKind.API_KEY | EntryKind.SUBSCRIPTION;
  readonly id: string;
  readonly apiId: string;
}

/**
 * Whoever gives an API a key or a subscription, or changes a plan, holds the API's or the plan's row until the commit: so nothing
 * is added or changed unseen between this look and the end of the transaction.
 */
export async function entriesOfApis(tx: Db, apiIds: readonly string[]): Promise<ApiEntry[]> {
  await tx.query(`SELECT FROM api WHERE id = ANY($1::uuid[]) ORDER BY id FOR SHARE`, [apiIds]);
  await tx.query(
    `SELECT FROM subscription_plan WHERE id IN (SELECT plan_id FROM subscription WHERE api_id = ANY($1::uuid[])) ORDER BY id FOR SHARE`,
    [apiIds],
  );
  return tx.query<ApiEntry[]>(
    `SELECT ${EntryKind.API_KEY} AS kind, id::text, api_id AS "apiId" FROM api_key WHERE api_id = ANY($1::uuid[])
     UNION ALL SELECT ${EntryKind.SUBSCRIPTION}, id::text, api_id FROM subscription WHERE api_id = ANY($1::uuid[])`,
    [apiIds],
  );
}

export function entryChanges(gatewayIds: readonly string[], entries: readonly ApiEntry[], removed: boolean): GatewayChange[] {
  return gatewayIds.flatMap((gatewayId) => entries.map(({ kind, id }) => ({ gatewayId, kind, entryId: id, removed })));
}

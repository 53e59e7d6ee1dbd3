import { EntryKind } from '@tidegate/gateway-ir';

import type { GatewayChange } from '../change-log/gateway-writer.ts';
import type { Reach } from '../change-log/write-reaching.ts';
import { type Db, gatewaysOf, targetsOfApi } from '../environments/deployment-targets.ts';

/** The gateways that serve these APIs. */
export function reachOfApis(...apiIds: readonly string[]): Reach {
  return async (db) => gatewaysOf((await Promise.all(apiIds.map((apiId) => targetsOfApi(db, apiId)))).flat());
}

/** The gateways that serve an API with a subscription on this plan. */
export function reachOfPlan(planId: string): Reach {
  return async (db) => [...new Set((await placesOfPlan(db, planId)).map(({ gatewayId }) => gatewayId))];
}

/** What a plan's subscribers may do is said anew wherever they are. */
export async function planChanges(tx: Db, planId: string): Promise<GatewayChange[]> {
  const places = await placesOfPlan(tx, planId);
  return places.map(({ gatewayId, id }) => ({ gatewayId, kind: EntryKind.SUBSCRIPTION, entryId: id, removed: false }));
}

/** Whether it is served is said by the subscription itself. */
export function subscriptionChanges(gatewayIds: readonly string[], id: string): GatewayChange[] {
  return gatewayIds.map((gatewayId) => ({ gatewayId, kind: EntryKind.SUBSCRIPTION, entryId: id, removed: false }));
}

async function placesOfPlan(db: Db, planId: string): Promise<{ id: string; gatewayId: string }[]> {
  return db.query(
    `SELECT DISTINCT subscription.id, place.gateway_id AS "gatewayId"
     FROM subscription JOIN deployment USING (api_id) JOIN environment_place AS place USING (environment_id)
     WHERE plan_id = $1 AND place.gateway_id IS NOT NULL`,
    [planId],
  );
}

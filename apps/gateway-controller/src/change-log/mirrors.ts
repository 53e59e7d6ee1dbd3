import { EntryKind } from '@tidegate/gateway-ir';

import type { Db } from '../environments/deployment-targets.ts';
import type { GatewayChange } from './gateway-writer.ts';

/** An environment that is on two gateways just now. */
export interface Mirror {
  readonly environmentId: string;
  readonly gatewayIds: readonly [string, string];
}

/** A migration began or ended meanwhile: the gateways that have to be locked are others. */
export class MirrorsMoved extends Error {}

/** The environments that one of these gateways shares with another. */
export async function mirrorsOf(db: Db, gatewayIds: readonly string[]): Promise<Mirror[]> {
  const rows = await db.query<{ environmentId: string; first: string; second: string }[]>(
    `SELECT environment_id AS "environmentId", environment.gateway_id AS first, second.gateway_id AS second
     FROM environment_second_place AS second JOIN environment ON environment.id = environment_id
     WHERE environment.gateway_id IS NOT NULL
       AND (environment.gateway_id = ANY($1::uuid[]) OR second.gateway_id = ANY($1::uuid[]))`,
    [gatewayIds],
  );
  return rows.map(({ environmentId, first, second }) => ({ environmentId, gatewayIds: [first, second] }));
}

/** Every gateway that a change of these may reach. */
export function withMirrors(gatewayIds: readonly string[], mirrors: readonly Mirror[]): string[] {
  return [...new Set([...gatewayIds, ...mirrors.flatMap((mirror) => mirror.gatewayIds)])];
}

/**
 * What a change on the one gateway means on the other. Routes go where their environment is. A key may be of an API that is gone
 * by now, so it goes to every gateway that shares an environment: a key without routes lets nobody in, a revocation that is
 * missed would.
 */
export function mirrored(changes: readonly GatewayChange[], mirrors: readonly Mirror[]): GatewayChange[] {
  return changes.flatMap((change) =>
    mirrors
      .filter(({ environmentId, gatewayIds }) => {
        const shared = change.kind === EntryKind.ROUTES ? change.entryId.endsWith(`/${environmentId}`) : true;
        return shared && gatewayIds.includes(change.gatewayId);
      })
      .flatMap(({ gatewayIds }) => gatewayIds)
      .filter((gatewayId) => gatewayId !== change.gatewayId)
      .map((gatewayId) => ({ ...change, gatewayId })),
  );
}

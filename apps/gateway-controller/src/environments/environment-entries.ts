import { randomUUID } from 'node:crypto';

import { EntryKind } from '@tidegate/gateway-ir';

import type { GatewayChange } from '../change-log/gateway-writer.ts';
import { entriesOfApis, entryChanges } from './api-entries.ts';
import type { Db } from './deployment-targets.ts';

/** Every gateway that serves an API of this environment, wherever: whoever moves the environment locks these. */
export async function gatewaysTouchedBy(db: Db, environmentId: string): Promise<string[]> {
  const rows = await db.query<{ id: string }[]>(
    `SELECT DISTINCT place.gateway_id AS id FROM deployment AS own JOIN deployment USING (api_id)
     JOIN environment_place AS place ON place.environment_id = deployment.environment_id
     WHERE own.environment_id = $1 AND place.gateway_id IS NOT NULL
     UNION SELECT gateway_id FROM environment_place WHERE environment_id = $1 AND gateway_id IS NOT NULL`,
    [environmentId],
  );
  return rows.map(({ id }) => id);
}

/** The environment's deployments, and the keys and subscriptions of their APIs, as something that a gateway serves from now on. */
export async function arrivals(tx: Db, environmentId: string, gatewayId: string): Promise<GatewayChange[]> {
  const routes = await tx.query<{ id: string; served: boolean }[]>(
    `SELECT deployment.id, desired_state = 'deployed' AS served FROM deployment JOIN api ON api.id = api_id
     WHERE environment_id = $1`,
    [environmentId],
  );
  const beside = await entriesOfApis(tx, await apisOf(tx, environmentId));
  return [
    ...routes.map(({ id, served }) => ({ gatewayId, kind: EntryKind.ROUTES, entryId: id, removed: !served })),
    ...entryChanges([gatewayId], beside, false),
  ];
}

/** What leaves, and from where; in the transaction the environment's place there, or the deployments, are gone already. */
export interface Departure {
  readonly environmentId: string;
  readonly apiIds: readonly string[];
  readonly gatewayIds: readonly string[];
}

/**
 * What gateways serve no longer. A router refuses a key id for ever once it saw it removed (discovery.proto, rule 9), also one
 * that is away just now; so that a key can come back, it goes on everywhere else under a new id. What its owner calls it stays.
 */
export async function departures(tx: Db, { environmentId, apiIds, gatewayIds }: Departure): Promise<GatewayChange[]> {
  const places = await tx.query<{ apiId: string; gatewayId: string }[]>(
    `SELECT DISTINCT api_id AS "apiId", place.gateway_id AS "gatewayId"
     FROM deployment JOIN environment_place AS place USING (environment_id)
     WHERE api_id = ANY($1::uuid[]) AND place.gateway_id IS NOT NULL`,
    [apiIds],
  );
  const remaining = (apiId: string) => places.filter((place) => place.apiId === apiId).map(({ gatewayId }) => gatewayId);
  const left = (apiId: string) => gatewayIds.filter((gatewayId) => !remaining(apiId).includes(gatewayId));
  const leaving = apiIds.filter((apiId) => left(apiId).length > 0);
  const subscriptions = (await entriesOfApis(tx, leaving)).filter(({ kind }) => kind === EntryKind.SUBSCRIPTION);
  const renamed = await renameKeys(tx, leaving);
  const entry = (gatewayId: string, kind: EntryKind, entryId: string, removed: boolean) => ({
    gatewayId,
    kind,
    entryId,
    removed,
  });
  return [
    ...gatewayIds.flatMap((gatewayId) =>
      apiIds.map((apiId) => entry(gatewayId, EntryKind.ROUTES, `${apiId}/${environmentId}`, true)),
    ),
    ...subscriptions.flatMap((one) => entryChanges(left(one.apiId), [one], true)),
    ...renamed.flatMap(({ id, apiId, newId }) => [
      ...[...left(apiId), ...remaining(apiId)].map((gatewayId) => entry(gatewayId, EntryKind.API_KEY, id, true)),
      ...remaining(apiId).map((gatewayId) => entry(gatewayId, EntryKind.API_KEY, newId, false)),
    ]),
  ];
}

export async function apisOf(tx: Db, environmentId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }[]>(`SELECT api_id AS id FROM deployment WHERE environment_id = $1`, [environmentId]);
  return rows.map(({ id }) => id);
}

async function renameKeys(tx: Db, apiIds: readonly string[]) {
  const keys = await tx.query<{ id: string; apiId: string }[]>(
    `SELECT id, api_id AS "apiId" FROM api_key WHERE api_id = ANY($1::uuid[]) ORDER BY id FOR UPDATE`,
    [apiIds],
  );
  const renamed = keys.map((key) => ({ ...key, newId: randomUUID() }));
  await tx.query(
    `UPDATE api_key SET public_id = coalesce(public_id, api_key.id), id = renamed.new_id
     FROM unnest($1::uuid[], $2::uuid[]) AS renamed(id, new_id) WHERE api_key.id = renamed.id`,
    [renamed.map(({ id }) => id), renamed.map(({ newId }) => newId)],
  );
  return renamed;
}

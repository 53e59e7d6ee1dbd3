import { EntryKind } from '@tidegate/gateway-ir';
import { secretNamesIn } from '@tidegate/rest-api';
import type { PoolClient, QueryResultRow } from 'pg';

import { withOverrides } from '../environments/upstream-overrides.ts';
import type { SealedSecret } from '../sealing/template-source.ts';
import type { StoredCertificate, StoredDeployment, StoredKey, StoredSubscription } from './stored-rows.ts';

export interface StoredChange {
  readonly kind: EntryKind;
  readonly id: string;
  readonly version: number;
  readonly removed: boolean;
}

/** What changed on one gateway since the version asked for, as of one moment. */
export interface GatewayRead {
  readonly id: string;
  readonly version: number;
  readonly floor: number;
  readonly committedAtMs: number;
  /** Of that epoch's deletions somebody said that they are meant; 0 = of none yet */
  readonly deletionsConfirmedEpoch: number;
  readonly changes: readonly StoredChange[];
  /** Those the changes name; from version 0 all that are on this gateway, undeployed ones included */
  readonly deployments: readonly StoredDeployment[];
  readonly keys: readonly StoredKey[];
  readonly subscriptions: readonly StoredSubscription[];
  readonly certificates: readonly StoredCertificate[];
}

export interface Reading {
  readonly epoch: number;
  readonly gateways: readonly GatewayRead[];
}

/** What the reader has of a gateway; 0 = nothing. */
export type KnownVersions = (gatewayId: string, epoch: number) => number;

/** No query of a reading may take longer; a connection that hangs is given up. */
const QUERY_TIMEOUT_MS = 30_000;

/**
 * Reads everything newer than known, of all gateways, in one REPEATABLE READ transaction: whole transactions and nothing else
 * (architecture.md, "Reads"). The connection is unusable after a throw.
 */
export async function readChanges(client: PoolClient, known: KnownVersions): Promise<Reading> {
  await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`);
  const [installation] = await rows<{ epoch: string }>(client, `SELECT epoch FROM installation`);
  const epoch = Number(installation?.epoch ?? 0);
  const found = await rows<{ id: string; version: string; confirmed: string; floor: string | null }>(client, GATEWAYS);
  const gateways: GatewayRead[] = [];
  for (const { id, version, confirmed, floor } of found) {
    const since = known(id, epoch);
    const current = {
      id,
      version: Number(version),
      floor: Number(floor ?? 0),
      deletionsConfirmedEpoch: Number(confirmed),
    };
    gateways.push({
      ...current,
      ...(since === current.version && since > 0 ? NO_CHANGES : await readGateway(client, id, since)),
    });
  }
  await client.query(`COMMIT`);
  return { epoch, gateways };
}

const NO_CHANGES = { committedAtMs: 0, changes: [], deployments: [], keys: [], subscriptions: [], certificates: [] };

async function readGateway(client: PoolClient, gatewayId: string, since: number) {
  const changed = await rows<{ kind: EntryKind; id: string; version: string; removed: boolean; at_ms: string }>(client, CHANGES, [
    gatewayId,
    since,
  ]);
  const changes = changed.map(({ kind, id, version, removed }) => ({ kind, id, version: Number(version), removed }));
  const ids = (kind: EntryKind): string[] => changes.filter((change) => change.kind === kind).map(({ id }) => id);
  // Most versions change one kind; the others are not asked for.
  const changedOf = <R extends QueryResultRow>(kind: EntryKind, text: string): Promise<R[]> => {
    const wanted = ids(kind);
    return wanted.length === 0 ? Promise.resolve([]) : rows<R>(client, text, [wanted]);
  };
  const deploymentIds = since === 0 ? null : ids(EntryKind.ROUTES);
  const deployed = deploymentIds?.length === 0 ? [] : await rows<StoredRow>(client, DEPLOYMENTS, [gatewayId, deploymentIds]);
  const deployments = await withSecrets(client, deployed);
  const keys = await changedOf<StoredKey & { expiresAtMs: string | null }>(EntryKind.API_KEY, KEYS);
  const subscriptions = await changedOf<StoredSubscription & { expiresAtMs: string | null; limitCount: string | null }>(
    EntryKind.SUBSCRIPTION,
    SUBSCRIPTIONS,
  );
  const certificates = await changedOf<StoredCertificate>(EntryKind.CERTIFICATE, CERTIFICATES);
  return {
    committedAtMs: changed.reduce((latest, { at_ms }) => Math.max(latest, Number(at_ms)), 0),
    changes,
    deployments,
    keys: keys.map((row) => ({ ...row, expiresAtMs: numberOf(row.expiresAtMs) })),
    subscriptions: subscriptions.map((row) => ({
      ...row,
      expiresAtMs: numberOf(row.expiresAtMs),
      limitCount: numberOf(row.limitCount),
    })),
    certificates,
  };
}

type StoredRow = Omit<StoredDeployment, 'generation' | 'secrets'> & { readonly generation: string };

/** Most documents name none, and then nothing is asked. */
async function withSecrets(client: PoolClient, deployed: readonly StoredRow[]): Promise<StoredDeployment[]> {
  const named = deployed.map((row) => ({ row, names: secretNamesIn(withOverrides(row.document, row.upstreamOverrides)) }));
  const names = [...new Set(named.flatMap((one) => one.names))];
  const secrets = names.length === 0 ? [] : await rows<SealedSecret & { generation: string }>(client, SECRETS, [names]);
  return named.map(({ row, names: own }) => ({
    ...row,
    generation: Number(row.generation),
    secrets: secrets
      .filter(({ name }) => own.includes(name))
      .map((secret) => ({ ...secret, generation: Number(secret.generation) })),
  }));
}

/** 64-bit integers come as text. */
function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}

async function rows<R extends QueryResultRow>(client: PoolClient, text: string, values: unknown[] = []): Promise<R[]> {
  const query = { text, values, query_timeout: QUERY_TIMEOUT_MS };
  return (await client.query<R>(query)).rows;
}

const GATEWAYS = `
  SELECT gateway.id, gateway.version, gateway.deletions_confirmed_epoch AS confirmed, floor.version AS floor
  FROM gateway LEFT JOIN gateway_change_floor AS floor ON floor.gateway_id = gateway.id
  WHERE deleted_at IS NULL ORDER BY gateway.id`;

const CHANGES = `
  SELECT kind, entry_id AS id, version, removed, floor(extract(epoch FROM changed_at) * 1000) AS at_ms
  FROM gateway_change WHERE gateway_id = $1 AND version > $2`;

const DEPLOYMENTS = `
  SELECT deployment.id, api.id AS "apiId", api.handle AS "apiHandle", api.document, api.generation, api.created_at AS "createdAt",
         api.desired_state AS "desiredState", environment.name AS environment,
         place.base_path AS "environmentBasePath", deployment.base_path AS "basePath",
         deployment.upstream_overrides AS "upstreamOverrides"
  FROM deployment
  JOIN environment ON environment.id = deployment.environment_id
  JOIN environment_place AS place ON place.environment_id = environment.id
  JOIN api ON api.id = deployment.api_id
  WHERE place.gateway_id = $1 AND ($2::text[] IS NULL OR deployment.id = ANY($2))
  ORDER BY api.created_at, deployment.id`;

const SECRETS = `SELECT id, name, generation, envelope FROM secret WHERE name = ANY($1::text[]) ORDER BY name`;

const KEYS = `
  SELECT api_key.id, coalesce(public_id, api_key.id) AS "publicId", api_id AS "apiId", api_key.name, digest, floor(extract(epoch FROM expires_at) * 1000) AS "expiresAtMs",
         issuer, created_by AS "createdBy", held_at IS NOT NULL AS held,
         coalesce(application.id, '') AS "applicationId", coalesce(application.name, '') AS "applicationName"
  FROM api_key
  LEFT JOIN application_key ON key_public_id = coalesce(public_id, api_key.id)
  LEFT JOIN application ON application.id = application_key.application_id
  WHERE api_key.id = ANY($1::uuid[])`;

const SUBSCRIPTIONS = `
  SELECT subscription.id, api_id AS "apiId", application_id AS "applicationId", digest, plan.name AS "planName",
         subscription.status = 'ACTIVE' AND coalesce(plan.status, 'ACTIVE') = 'ACTIVE' AS active,
         plan.throttle_limit_count AS "limitCount", plan.throttle_limit_unit AS "limitUnit",
         plan.stop_on_quota_reach AS "stopOnQuotaReach", floor(extract(epoch FROM plan.expires_at) * 1000) AS "expiresAtMs",
         billing_customer_id AS "billingCustomerId", billing_subscription_id AS "billingSubscriptionId"
  FROM subscription LEFT JOIN subscription_plan AS plan ON plan.id = plan_id
  WHERE subscription.id = ANY($1::uuid[])`;

const CERTIFICATES = `SELECT id, name, pem FROM certificate WHERE id = ANY($1::uuid[])`;

import type { EntityManager } from 'typeorm';

import type { UpstreamOverrides } from './upstream-overrides.ts';

/** Where one deployment lives: which environment, on which gateway, under which paths. */
export interface DeploymentTarget {
  /** "<apiId>/<environmentId>" */
  readonly deploymentId: string;
  readonly environmentId: string;
  readonly environment: string;
  readonly environmentBasePath: string;
  /** Override of the document's context; '' = none */
  readonly basePath: string;
  /** `null` while the environment is on no gateway */
  readonly gatewayId: string | null;
  readonly upstreamOverrides: UpstreamOverrides;
}

/** Anything that runs SQL: the pool's manager for reads, the transaction's for writes. */
export type Db = Pick<EntityManager, 'query'>;

/** Environment that a POST deploys to; made at first boot. */
const DEFAULT_ENVIRONMENT = 'default';

/** The one deployment a new API gets; one target for each gateway that serves its environment. */
export async function targetsOfNewApi(db: Db, apiId: string, environment = DEFAULT_ENVIRONMENT): Promise<DeploymentTarget[]> {
  return db.query<DeploymentTarget[]>(
    `SELECT $1::uuid || '/' || environment.id AS "deploymentId", environment.id AS "environmentId", environment.name AS environment,
            place.base_path AS "environmentBasePath", '' AS "basePath", place.gateway_id AS "gatewayId", '{}'::jsonb AS "upstreamOverrides"
     FROM environment JOIN installation USING (account_id) JOIN environment_place AS place ON place.environment_id = environment.id
     WHERE environment.name = $2`,
    [apiId, environment],
  );
}

/** Every deployment of an API, in the order of their ids; one target for each gateway that serves its environment. */
export async function targetsOfApi(db: Db, apiId: string): Promise<DeploymentTarget[]> {
  return db.query<DeploymentTarget[]>(
    `SELECT deployment.id AS "deploymentId", environment.id AS "environmentId", environment.name AS environment,
            place.base_path AS "environmentBasePath", deployment.base_path AS "basePath", place.gateway_id AS "gatewayId",
            deployment.upstream_overrides AS "upstreamOverrides"
     FROM deployment JOIN environment ON environment.id = deployment.environment_id
     JOIN environment_place AS place ON place.environment_id = environment.id
     WHERE deployment.api_id = $1
     ORDER BY deployment.id`,
    [apiId],
  );
}

export async function insertDeployment(
  tx: Db,
  apiId: string,
  { deploymentId, environmentId, basePath, upstreamOverrides }: DeploymentTarget,
): Promise<void> {
  // An environment that is served twice is one deployment all the same.
  await tx.query(
    `INSERT INTO deployment (id, api_id, environment_id, base_path, upstream_overrides) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (id) DO UPDATE SET base_path = excluded.base_path, upstream_overrides = excluded.upstream_overrides`,
    [deploymentId, apiId, environmentId, basePath, JSON.stringify(upstreamOverrides)],
  );
}

/** The gateways that serve these deployments, each once. */
export function gatewaysOf(targets: readonly DeploymentTarget[]): string[] {
  return [...new Set(targets.flatMap(({ gatewayId }) => (gatewayId === null ? [] : [gatewayId])))];
}

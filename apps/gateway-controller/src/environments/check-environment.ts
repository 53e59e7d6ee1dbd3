import type { RestApiDocument } from '@tidegate/rest-api';

import type { CheckedRoutes, RouteCheck } from '../rest-apis/route-check.ts';
import type { Db, DeploymentTarget } from './deployment-targets.ts';

interface EnvironmentPlace {
  readonly environmentId: string;
  /** `null` = on none: its documents are compiled all the same */
  readonly gatewayId: string | null;
  readonly basePath: string;
}

/**
 * Can the APIs of an environment be served on that gateway, under that path?
 * @throws ApiError 400 when a document does not compile there, 409 naming the API that owns a route there
 */
export async function checkEnvironment(
  { db, routes }: { readonly db: Db; readonly routes: RouteCheck },
  { environmentId, gatewayId, basePath }: EnvironmentPlace,
): Promise<CheckedRoutes> {
  const deployed = await db.query<(DeploymentTarget & { document: RestApiDocument })[]>(DEPLOYED, [
    environmentId,
    gatewayId,
    basePath,
  ]);
  const checks: CheckedRoutes[] = [];
  for (const { document, ...target } of deployed) checks.push(await routes.check(document, [target]));
  return {
    deployments: checks.flatMap(({ deployments }) => deployments),
    warnings: [],
    secrets: new Map(checks.flatMap(({ secrets }) => [...secrets])),
  };
}

/** The environment's APIs as they would be in that place. */
const DEPLOYED = `
  SELECT deployment.id AS "deploymentId", environment.id AS "environmentId", environment.name AS environment,
         $3::text AS "environmentBasePath", deployment.base_path AS "basePath", $2::uuid AS "gatewayId",
         upstream_overrides AS "upstreamOverrides", api.document
  FROM deployment JOIN environment ON environment.id = environment_id JOIN api ON api.id = api_id
  WHERE environment_id = $1 ORDER BY deployment.id`;

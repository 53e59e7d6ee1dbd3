import { Inject, Injectable } from '@nestjs/common';
import { EntryKind } from '@tidegate/gateway-ir';
import type { DeploymentItem, DeploymentRequest } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { type GatewayChange, GatewayWriter, type Written } from '../change-log/gateway-writer.ts';
import { conflict, notFound } from '../http/api-error.ts';
import { type ApiRow, findApi, lockApi } from '../rest-apis/rest-apis.repository.ts';
import { unknownApi } from '../rest-apis/rest-apis.service.ts';
import { RouteCheck } from '../rest-apis/route-check.ts';
import { entriesOfApis, entryChanges } from './api-entries.ts';
import { type Db, type DeploymentTarget, gatewaysOf, insertDeployment } from './deployment-targets.ts';
import { departures, gatewaysTouchedBy } from './environment-entries.ts';
import type { EnvironmentRow } from './environments.repository.ts';
import { EnvironmentsService } from './environments.service.ts';
import type { UpstreamOverrides } from './upstream-overrides.ts';

/** One API in several environments: each deployment is served, checked and changed by itself. */
@Injectable()
export class DeploymentsService {
  readonly #db: Db;
  readonly #writer: GatewayWriter;
  readonly #routes: RouteCheck;
  readonly #environments: EnvironmentsService;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(GatewayWriter) writer: GatewayWriter,
    @Inject(RouteCheck) routes: RouteCheck,
    @Inject(EnvironmentsService) environments: EnvironmentsService,
  ) {
    this.#db = dataSource.manager;
    this.#writer = writer;
    this.#routes = routes;
    this.#environments = environments;
  }

  /** @throws ApiError 404 */
  async list(apiId: string): Promise<DeploymentItem[]> {
    const api = await this.#api(apiId);
    return this.#db.query<DeploymentItem[]>(
      `SELECT deployment.id, json_build_object('id', environment.id, 'name', environment.name) AS environment,
              CASE WHEN gateway.id IS NOT NULL THEN json_build_object('id', gateway.id, 'name', gateway.handle) END AS gateway,
              deployment.base_path AS "basePath", upstream_overrides AS upstreams
       FROM deployment JOIN environment ON environment.id = environment_id LEFT JOIN gateway ON gateway.id = environment.gateway_id
       WHERE api_id = $1 ORDER BY environment.name`,
      [api.id],
    );
  }

  /** Deploys, or changes where and to what. @throws ApiError 400, 404, 409 for a route that another API has */
  async deploy(apiId: string, { environmentId, basePath, upstreams }: DeploymentRequest): Promise<Written<DeploymentItem>> {
    const api = await this.#api(apiId);
    const environment = await this.#environments.one(environmentId);
    const targets = await placesOf(this.#db, api, environment, { basePath, upstreamOverrides: given(upstreams) });
    const checked = await this.#routes.check(api.document, targets);
    const written = await this.#writer.write(gatewaysOf(targets), async (tx, gateways) => {
      const locked = await lockApi(tx, api.id);
      if (locked === null || locked.generation !== api.generation)
        throw conflict('API_CHANGED', `RestAPI '${api.handle}' was changed meanwhile; try again`);
      await this.#routes.recheck(checked, gateways, tx);
      for (const target of targets) await insertDeployment(tx, api.id, target);
      const beside = await entriesOfApis(tx, [api.id]);
      const changes = gatewaysOf(targets).flatMap((gatewayId): GatewayChange[] => [
        {
          gatewayId,
          kind: EntryKind.ROUTES,
          entryId: `${api.id}/${environment.id}`,
          removed: api.desiredState === 'undeployed',
        },
        ...entryChanges([gatewayId], beside, false),
      ]);
      return { result: undefined, changes };
    });
    const made = (await this.list(api.id)).find(({ environment: { id } }) => id === environment.id);
    if (made === undefined) throw notFound(`RestAPI '${api.handle}' is not deployed to '${environment.name}' any more`);
    return { ...written, result: made };
  }

  /** @throws ApiError 404 when it is not deployed there */
  async undeploy(apiId: string, environmentId: string): Promise<Written<string>> {
    const api = await this.#api(apiId);
    const environment = await this.#environments.one(environmentId);
    const deploymentId = `${api.id}/${environment.id}`;
    const touched = await gatewaysTouchedBy(this.#db, environment.id);
    return this.#writer.write(touched, async (tx) => {
      const places = await placesOf(tx, api, environment, { basePath: '', upstreamOverrides: {} });
      const [gone] = await tx.query<[unknown[], number]>(`DELETE FROM deployment WHERE id = $1 RETURNING id`, [deploymentId]);
      if (gone.length === 0) throw notFound(`RestAPI '${api.handle}' is not deployed to '${environment.name}'`);
      const changes = await departures(tx, { environmentId: environment.id, apiIds: [api.id], gatewayIds: gatewaysOf(places) });
      return { result: environment.name, changes };
    });
  }

  async #api(id: string): Promise<ApiRow> {
    const api = await findApi(this.#db, id);
    if (api === null) throw unknownApi(id);
    return api;
  }
}

/** One target for each gateway that serves the environment; one without a gateway if there is none. */
async function placesOf(
  db: Db,
  api: ApiRow,
  environment: EnvironmentRow,
  own: Pick<DeploymentTarget, 'basePath' | 'upstreamOverrides'>,
): Promise<DeploymentTarget[]> {
  const places = await db.query<{ gatewayId: string | null; basePath: string }[]>(
    `SELECT gateway_id AS "gatewayId", base_path AS "basePath" FROM environment_place WHERE environment_id = $1`,
    [environment.id],
  );
  return places.map((place) => ({
    deploymentId: `${api.id}/${environment.id}`,
    environmentId: environment.id,
    environment: environment.name,
    environmentBasePath: place.basePath,
    gatewayId: place.gatewayId,
    ...own,
  }));
}

function given({ main, sandbox }: DeploymentRequest['upstreams']): UpstreamOverrides {
  return { ...(main === undefined ? {} : { main }), ...(sandbox === undefined ? {} : { sandbox }) };
}

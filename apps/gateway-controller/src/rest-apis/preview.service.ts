import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { Inject, Injectable } from '@nestjs/common';
import type { DryRun, RouteChanges } from '@tidegate/management-api';
import { desiredStateOf, type RestApiDocument } from '@tidegate/rest-api';
import { diffRoutes } from '@tidegate/route-compiler';
import { DataSource } from 'typeorm';

import { type Db, type DeploymentTarget, targetsOfApi, targetsOfNewApi } from '../environments/deployment-targets.ts';
import { ApiError } from '../http/api-error.ts';
import { previewApim } from './apim-preview.ts';
import { ownedElsewhere } from './conflicts.ts';
import { refuseTaken } from './refuse-taken.ts';
import { type ApiRow, findApiByHandle } from './rest-apis.repository.ts';
import { type CheckedRoutes, RouteCheck } from './route-check.ts';

/** What a write would do, said without doing it. */
@Injectable()
export class PreviewService {
  readonly #db: Db;
  readonly #routes: RouteCheck;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(RouteCheck) routes: RouteCheck) {
    this.#db = dataSource.manager;
    this.#routes = routes;
  }

  /** @throws ApiError 400 or 409, as the write would */
  async preview(document: RestApiDocument): Promise<DryRun> {
    const { name } = document.metadata;
    const current = await findApiByHandle(this.#db, name);
    if (current?.origin === 'control_plane') throw ownedElsewhere(current);
    const id = current?.id ?? randomUUID();
    const targets = await (current === null ? targetsOfNewApi(this.#db, id) : targetsOfApi(this.#db, id));
    await refuseTaken(this.#db, { id, handle: name, displayName: document.spec.displayName, version: document.spec.version });
    await this.#routes.readLatest(targets);
    const checked = await this.#routes.check(document, targets);
    return {
      status: 'success',
      name,
      action: actionOf(current, document),
      routes: await this.#changes(current, { document, checked, targets }),
      apim: previewApim(current, document),
      warnings: [...this.#routes.warningsOf(checked)],
    };
  }

  async #changes(
    current: ApiRow | null,
    wanted: { document: RestApiDocument; checked: CheckedRoutes; targets: readonly DeploymentTarget[] },
  ): Promise<RouteChanges> {
    const before = current?.desiredState === 'deployed' ? await this.#served(current, wanted.targets) : new Map();
    const after = desiredStateOf(wanted.document) === 'deployed' ? routesById(wanted.checked) : new Map();
    const diffs = wanted.targets.map(({ deploymentId }) =>
      diffRoutes(before.get(deploymentId) ?? null, after.get(deploymentId) ?? null),
    );
    return {
      added: diffs.flatMap(({ added }) => added),
      removed: diffs.flatMap(({ removed }) => removed),
      changed: diffs.flatMap(({ changed }) => changed.map(({ what, ...route }) => ({ ...route, what: [...what] }))),
      unchanged: diffs.reduce((sum, { unchanged }) => sum + unchanged, 0),
    };
  }

  /** A stored document that no longer compiles is not served. */
  async #served({ document }: ApiRow, targets: readonly DeploymentTarget[]) {
    try {
      return routesById(await this.#routes.check(document, targets));
    } catch (error) {
      if (error instanceof ApiError) return new Map();
      throw error;
    }
  }
}

/** As submitted, key order aside: what is equal here is equal to whoever wrote it. */
export function actionOf(current: ApiRow | null, document: RestApiDocument): DryRun['action'] {
  if (current === null) return 'create';
  return isDeepStrictEqual(asJson(current.document), asJson(document)) ? 'unchanged' : 'update';
}

function asJson(document: RestApiDocument): unknown {
  return JSON.parse(JSON.stringify(document));
}

function routesById({ deployments }: CheckedRoutes) {
  return new Map(deployments.map(({ routes }) => [routes.deploymentId, routes]));
}

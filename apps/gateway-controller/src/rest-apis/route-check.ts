import { Inject, Injectable } from '@nestjs/common';
import type { ApiRoutes } from '@tidegate/gateway-ir';
import { policyDefinitions } from '@tidegate/policies/definitions';
import type { Diagnostic, RestApiDocument } from '@tidegate/rest-api';
import { type Clash, compileRestApi } from '@tidegate/route-compiler';

import type { LockedGateway } from '../change-log/gateway-writer.ts';
import { COMPILE_DEFAULTS } from '../discovery/compile-deployment.ts';
import { SnapshotStore } from '../discovery/snapshot-store.ts';
import type { DeploymentTarget } from '../environments/deployment-targets.ts';
import { badRequest, conflict } from '../http/api-error.ts';

/** What a document compiles to in one deployment, and the version of its gateway that it was compared with. */
interface CheckedDeployment {
  readonly gatewayId: string;
  readonly routes: ApiRoutes;
  readonly seenVersion: number;
}

export interface CheckedRoutes {
  readonly deployments: readonly CheckedDeployment[];
  readonly warnings: readonly Diagnostic[];
}

/** Can this document be served, and is anything it claims already another's (decisions 16 and 23)? */
@Injectable()
export class RouteCheck {
  readonly #snapshots: SnapshotStore;

  constructor(@Inject(SnapshotStore) snapshots: SnapshotStore) {
    this.#snapshots = snapshots;
  }

  /**
   * Outside the transaction, against the last state known. Only a fresh look may refuse: what we know may be a moment old, and the
   * route free again. @throws ApiError 400 with every diagnostic, or 409 naming the owner
   */
  async check(document: RestApiDocument, targets: readonly DeploymentTarget[]): Promise<CheckedRoutes> {
    const deployments: CheckedDeployment[] = [];
    const warnings = new Map<string, Diagnostic>();
    for (const target of targets) {
      const { routes, warnings: own } = compile(document, target);
      for (const warning of own) warnings.set(`${warning.path} ${warning.message}`, warning);
      if (target.gatewayId !== null) {
        deployments.push({ gatewayId: target.gatewayId, routes, seenVersion: this.#snapshots.version(target.gatewayId) });
      }
    }
    if (this.#clashes(deployments).length > 0) await this.#refuseClashes(deployments);
    return { deployments, warnings: [...warnings.values()] };
  }

  /** Under the lock nobody else can move the gateways: look again only where somebody has since `check`. @throws ApiError 409 */
  async recheck({ deployments }: CheckedRoutes, locked: readonly LockedGateway[]): Promise<void> {
    const moved = deployments.filter(({ gatewayId, seenVersion }) =>
      locked.some(({ id, version }) => id === gatewayId && version !== seenVersion),
    );
    if (moved.length > 0) await this.#refuseClashes(moved);
  }

  async #refuseClashes(deployments: readonly CheckedDeployment[]): Promise<void> {
    for (const gatewayId of new Set(deployments.map((deployment) => deployment.gatewayId)))
      await this.#snapshots.catchUp(gatewayId);
    const clashes = this.#clashes(deployments);
    const [first] = clashes;
    if (first === undefined) return;
    const errors = clashes.map((clash) => ({ field: 'spec.operations', code: 'route_conflict', message: clashMessage(clash) }));
    throw conflict('route_conflict', clashMessage(first), errors);
  }

  #clashes(deployments: readonly CheckedDeployment[]): Clash[] {
    return deployments.flatMap(({ gatewayId, routes }) => this.#snapshots.clashes(gatewayId, routes));
  }
}

function compile(document: RestApiDocument, target: DeploymentTarget): { routes: ApiRoutes; warnings: readonly Diagnostic[] } {
  const apiId = target.deploymentId.slice(0, target.deploymentId.indexOf('/'));
  const { deploymentId, environment, environmentBasePath, basePath } = target;
  // The generation is not known before the lock is held, and no route depends on it.
  const compiled = compileRestApi(
    document,
    { apiId, deploymentId, environment, environmentBasePath, basePath, generation: 0, defaults: COMPILE_DEFAULTS },
    policyDefinitions,
  );
  if (compiled.ok) return compiled;
  const errors = compiled.diagnostics.map(({ path, code, message }) => ({ field: path, code, message }));
  throw badRequest('validation_failed', 'Configuration validation failed', errors);
}

function clashMessage({ method, path, vhost, ownerHandle }: Clash): string {
  return `${method} ${path} on host '${vhost}' is already a route of API '${ownerHandle}'`;
}

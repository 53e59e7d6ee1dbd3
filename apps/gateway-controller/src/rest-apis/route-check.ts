import { Inject, Injectable } from '@nestjs/common';
import type { ApiRoutes } from '@tidegate/gateway-ir';
import type { Diagnostic, RestApiDocument, TemplateValues } from '@tidegate/rest-api';
import type { Clash, Compiled } from '@tidegate/route-compiler';
import { DataSource } from 'typeorm';

import type { LockedGateway } from '../change-log/gateway-writer.ts';
import { Compiler } from '../discovery/compiler.ts';
import { SnapshotStore } from '../discovery/snapshot-store.ts';
import { type Db, type DeploymentTarget, gatewaysOf } from '../environments/deployment-targets.ts';
import { withOverrides } from '../environments/upstream-overrides.ts';
import { badRequest, conflict } from '../http/api-error.ts';
import { keepSecrets, type ReadValues, TemplateSource } from '../sealing/template-source.ts';

/** What a document compiles to in one deployment, and the version of its gateway that it was compared with. */
interface CheckedDeployment {
  readonly gatewayId: string;
  readonly routes: ApiRoutes;
  readonly seenVersion: number;
}

export interface CheckedRoutes {
  readonly deployments: readonly CheckedDeployment[];
  readonly warnings: readonly Diagnostic[];
  /** The secrets that the document names, in the state that it was compiled with */
  readonly secrets: ReadValues['generations'];
}

/** Can this document be served, and is anything it claims already another's (decisions 16 and 23)? */
@Injectable()
export class RouteCheck {
  readonly #snapshots: SnapshotStore;
  readonly #compiler: Compiler;
  readonly #templates: TemplateSource;
  readonly #db: Db;

  constructor(
    @Inject(SnapshotStore) snapshots: SnapshotStore,
    @Inject(Compiler) compiler: Compiler,
    @Inject(TemplateSource) templates: TemplateSource,
    @Inject(DataSource) dataSource: DataSource,
  ) {
    this.#snapshots = snapshots;
    this.#compiler = compiler;
    this.#templates = templates;
    this.#db = dataSource.manager;
  }

  /**
   * Outside the transaction, against the last state known. Only a fresh look may refuse: what we know may be a moment old, and the
   * route free again. `changed`: secrets as they will be. @throws ApiError 400 with every diagnostic, or 409 naming the owner
   */
  async check(
    document: RestApiDocument,
    targets: readonly DeploymentTarget[],
    changed?: ReadonlyMap<string, string>,
  ): Promise<CheckedRoutes> {
    const everywhere = targets.map(({ upstreamOverrides }) => withOverrides(document, upstreamOverrides));
    const { values, generations: secrets } = await this.#templates.read(this.#db, [document, ...everywhere], changed);
    const deployments: CheckedDeployment[] = [];
    const warnings: Diagnostic[] = [];
    for (const target of targets) {
      const { routes, warnings: own } = this.#compile(document, target, values);
      warnings.push(...own);
      if (target.gatewayId !== null) {
        deployments.push({ gatewayId: target.gatewayId, routes, seenVersion: this.#snapshots.version(target.gatewayId) });
      }
    }
    if (this.#clashes(deployments).length > 0) await this.#refuseClashes(deployments, null);
    return { deployments, warnings, secrets };
  }

  /** For who looks once and never again under a lock: after this, `check` sees what is committed by now. */
  async readLatest(targets: readonly DeploymentTarget[]): Promise<void> {
    for (const gatewayId of gatewaysOf(targets)) await this.#snapshots.catchUp(gatewayId);
  }

  /**
   * Under the lock nobody else can move the gateways, nor from here on the secrets: look again only where somebody has since `check`,
   * and read only what the notifications of those commits have not brought yet. @throws ApiError 409
   */
  async recheck({ deployments, secrets }: CheckedRoutes, locked: readonly LockedGateway[], tx: Db): Promise<void> {
    await keepSecrets(tx, secrets);
    const moved = deployments.filter(({ gatewayId, seenVersion }) =>
      locked.some(({ id, version }) => id === gatewayId && version !== seenVersion),
    );
    if (moved.length > 0) await this.#refuseClashes(moved, locked);
  }

  /**
   * What hinders nothing: the compiler's remarks, and routes that overlap (decision 23). After `recheck`, when the snapshots are as
   * new as what was locked, and outside the lock.
   */
  warningsOf({ deployments, warnings }: CheckedRoutes): readonly Diagnostic[] {
    const overlaps = deployments.flatMap(({ gatewayId, routes }) => this.#snapshots.overlaps(gatewayId, routes));
    return [...new Map([...warnings, ...overlaps].map((warning) => [`${warning.path} ${warning.message}`, warning])).values()];
  }

  /** `locked` = the versions that are current; without it whatever is committed by now */
  async #refuseClashes(deployments: readonly CheckedDeployment[], locked: readonly LockedGateway[] | null): Promise<void> {
    for (const gatewayId of new Set(deployments.map((deployment) => deployment.gatewayId))) {
      const current = locked?.find(({ id }) => id === gatewayId)?.version;
      if (current === undefined || this.#snapshots.version(gatewayId) !== current) await this.#snapshots.catchUp(gatewayId);
    }
    const clashes = this.#clashes(deployments);
    const [first] = clashes;
    if (first === undefined) return;
    const errors = clashes.map((clash) => ({ field: 'spec.operations', code: 'route_conflict', message: clashMessage(clash) }));
    throw conflict('route_conflict', clashMessage(first), errors);
  }

  #compile(document: RestApiDocument, target: DeploymentTarget, values: TemplateValues): Served {
    const { deploymentId, environment, environmentBasePath, basePath, upstreamOverrides } = target;
    const apiId = deploymentId.slice(0, deploymentId.indexOf('/'));
    // The generation is not known before the lock is held, and no route depends on it.
    const place = { apiId, deploymentId, environment, environmentBasePath, basePath, generation: 0 };
    const submitted = withOverrides(document, upstreamOverrides);
    const served = servedOrRefused(this.#compiler.compile(submitted, place, values));
    refuse(this.#compiler.deniedIn(submitted, served.routes));
    return served;
  }

  #clashes(deployments: readonly CheckedDeployment[]): Clash[] {
    return deployments.flatMap(({ gatewayId, routes }) => this.#snapshots.clashes(gatewayId, routes));
  }
}

type Served = Extract<Compiled, { ok: true }>;

function servedOrRefused(compiled: Compiled): Served {
  if (compiled.ok) return compiled;
  throw refusal(compiled.diagnostics);
}

function refuse(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) throw refusal(diagnostics);
}

function refusal(diagnostics: readonly Diagnostic[]): Error {
  const errors = diagnostics.map(({ path, code, message }) => ({ field: path, code, message }));
  return badRequest('validation_failed', 'Configuration validation failed', errors);
}

function clashMessage({ method, path, vhost, ownerHandle }: Clash): string {
  return `${method} ${path} on host '${vhost}' is already a route of API '${ownerHandle}'`;
}

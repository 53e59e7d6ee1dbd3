import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { desiredStateOf, type Diagnostic, pinnedIdOf, type RestApiDocument } from '@tidegate/rest-api';
import { DataSource, type EntityManager } from 'typeorm';

import { ApimLinks } from '../apim-link/apim-links.ts';
import { GatewayWriter, type Written } from '../change-log/gateway-writer.ts';
import { entriesOfApis, entryChanges } from '../environments/api-entries.ts';
import {
  type Db,
  type DeploymentTarget,
  gatewaysOf,
  insertDeployment,
  targetsOfApi,
  targetsOfNewApi,
} from '../environments/deployment-targets.ts';
import { routeChanges } from '../environments/route-changes.ts';
import { badRequest, notFound } from '../http/api-error.ts';
import type { RawBody } from '../http/body.ts';
import { lostRace, ownedElsewhere, stillLinked } from './conflicts.ts';
import { Documents } from './documents.ts';
import { insertRevision } from '../revisions/revisions.repository.ts';
import { refuseUnlessMatching } from './if-match.ts';
import { refuseTaken } from './refuse-taken.ts';
import { type ApiRow, deleteApi, findApi, insertApi, lockApi, updateApi } from './rest-apis.repository.ts';
import { RouteCheck } from './route-check.ts';

export interface Accepted extends Written<ApiRow> {
  readonly warnings: readonly Diagnostic[];
}

export interface Replacement {
  readonly ifMatch: string | undefined;
  readonly by: string;
  /** The revision whose document it is */
  readonly restoredFrom?: number | null;
}

/**
 * The three writes of an API. Each is a script: load, decide outside the transaction, then one short transaction that looks again
 * under the lock, writes, and owes APIM its doorbell (architecture.md, "Writes"). A refusal leaves nothing behind.
 */
@Injectable()
export class RestApisService {
  readonly #dataSource: DataSource;
  readonly #db: Db;
  readonly #writer: GatewayWriter;
  readonly #documents: Documents;
  readonly #routes: RouteCheck;
  readonly #links: ApimLinks;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(GatewayWriter) writer: GatewayWriter,
    @Inject(Documents) documents: Documents,
    @Inject(RouteCheck) routes: RouteCheck,
    @Inject(ApimLinks) links: ApimLinks,
  ) {
    this.#dataSource = dataSource;
    this.#db = dataSource.manager;
    this.#writer = writer;
    this.#documents = documents;
    this.#routes = routes;
    this.#links = links;
  }

  /**
   * A document that pins the uuid of an API that is there is a write of that API, as in WSO2.
   * @throws ApiError 400 with every diagnostic, 409 for a taken handle, name or route
   */
  async create(body: RawBody, by: string): Promise<Accepted> {
    const document = await this.#documents.read(body);
    const pinned = pinnedIdOf(document);
    const known = pinned === null ? null : await findApi(this.#db, pinned);
    if (known !== null && known.id === pinned) return this.replace(pinned, body, { ifMatch: undefined, by });
    const api = newApi(document, by, pinned ?? randomUUID());
    const targets = await targetsOfNewApi(this.#db, api.id);
    await refuseTaken(this.#db, api);
    const checked = await this.#routes.check(document, targets);
    const written = await this.#write(targets, api, async (tx, gateways) => {
      await refuseTaken(tx, api);
      await this.#routes.recheck(checked, gateways, tx);
      if (pinned !== null) await refuseLinked(tx, pinned);
      const stored = await insertApi(tx, api);
      await insertRevision(tx, stored, by, null);
      for (const target of targets) await insertDeployment(tx, api.id, target);
      await this.#desire(tx, stored, stored.desiredState);
      return stored;
    });
    return { ...written, warnings: this.#routes.warningsOf(checked) };
  }

  /**
   * A document equal to the stored one is a write like any other: it bumps the generation and is pushed again (decision 14).
   * @throws ApiError 400, 404, 409, 412
   */
  async replace(id: string, body: RawBody, { ifMatch, by, restoredFrom = null }: Replacement): Promise<Accepted> {
    const current = await this.#ours(id);
    const document = await this.#documents.read(body, { capital: true });
    refuseRename(id, current, document);
    const targets = await targetsOfApi(this.#db, current.id);
    const wanted = replaced(current, document);
    await refuseTaken(this.#db, wanted);
    const checked = await this.#routes.check(document, targets);
    const written = await this.#write(targets, wanted, async (tx, gateways) => {
      const locked = await lockedApi(tx, current.id, id);
      refuseUnlessMatching(ifMatch, locked.generation);
      await refuseTaken(tx, wanted);
      await this.#routes.recheck(checked, gateways, tx);
      const stored = replaced(locked, document);
      await updateApi(tx, stored);
      await insertRevision(tx, stored, by, restoredFrom);
      await this.#desire(tx, stored, stored.desiredState);
      return stored;
    });
    return { ...written, warnings: this.#routes.warningsOf(checked) };
  }

  /** Its routes, keys and subscriptions go with it; APIM is told through the tombstone in apim_link. @throws ApiError 404, 409, 412 */
  async remove(id: string, ifMatch: string | undefined): Promise<Written<ApiRow>> {
    const current = await this.#ours(id);
    const targets = await targetsOfApi(this.#db, current.id);
    return this.#writer.write(gatewaysOf(targets), async (tx, gateways) => {
      const locked = await lockedApi(tx, current.id, id);
      refuseUnlessMatching(ifMatch, locked.generation);
      const gatewayIds = gateways.map((gateway) => gateway.id);
      const beside = entryChanges(gatewayIds, await entriesOfApis(tx, [current.id]), true);
      await this.#desire(tx, { ...locked, generation: locked.generation + 1 }, 'deleted');
      await deleteApi(tx, current.id);
      return { result: locked, changes: [...routeChanges(targets, true), ...beside] };
    });
  }

  /**
   * Pushes to APIM again now, attempts forgiven (decision 14). `adopt` takes over an API of this name there that is not marked as
   * ours (decision 31). Nothing that is served changes. @throws ApiError 404, 409
   */
  async syncAgain(id: string, options: { readonly adopt: boolean }): Promise<ApiRow> {
    const api = await this.#ours(id);
    await this.#dataSource.transaction((tx) => this.#links.retry(tx, api.id, options));
    return api;
  }

  async #ours(id: string): Promise<ApiRow> {
    const api = await findApi(this.#db, id);
    if (api === null) throw unknownApi(id);
    if (api.origin === 'control_plane') throw ownedElsewhere(api);
    return api;
  }

  async #write(
    targets: readonly DeploymentTarget[],
    wanted: ApiRow | NewApi,
    work: (tx: EntityManager, gateways: readonly { id: string; version: number }[]) => Promise<ApiRow>,
  ): Promise<Written<ApiRow>> {
    const changes = routeChanges(targets, wanted.desiredState === 'undeployed');
    try {
      return await this.#writer.write(gatewaysOf(targets), async (tx, gateways) => ({
        result: await work(tx, gateways),
        changes,
      }));
    } catch (error) {
      throw lostRace(error, wanted) ?? error;
    }
  }

  async #desire(tx: EntityManager, api: ApiRow, desiredState: 'deployed' | 'undeployed' | 'deleted'): Promise<void> {
    const { id: apiId, accountId, handle, displayName, version: apiVersion, generation } = api;
    await this.#links.desire(tx, { apiId, accountId, handle, displayName, apiVersion, desiredState, generation });
  }
}

export function unknownApi(id: string) {
  return notFound(`RestAPI with handle '${id}' not found`);
}

type NewApi = Omit<ApiRow, 'accountId'>;

function newApi(document: RestApiDocument, createdBy: string, id: string): NewApi {
  const now = new Date();
  const fixed = { id, handle: document.metadata.name, origin: 'gateway_api' as const, createdBy, createdAt: now };
  return { ...fixed, ...stateOf(document, now, null), generation: 1 };
}

function replaced(current: ApiRow, document: RestApiDocument): ApiRow {
  return { ...current, ...stateOf(document, new Date(), current.deployedAt), generation: current.generation + 1 };
}

function stateOf(document: RestApiDocument, now: Date, lastDeployedAt: Date | null) {
  const desiredState = desiredStateOf(document);
  const { displayName, version } = document.spec;
  return {
    displayName,
    version,
    document,
    desiredState,
    updatedAt: now,
    deployedAt: desiredState === 'deployed' ? now : lastDeployedAt,
  };
}

function refuseRename(id: string, { handle }: ApiRow, { metadata: { name } }: RestApiDocument): void {
  if (name === handle) return;
  const message = `handle mismatch: path has '${id}' but YAML metadata.name has '${name}'`;
  throw badRequest('handle_mismatch', message, [{ field: 'metadata.name', code: 'handle_mismatch', message }]);
}

/** The generations of an API that is gone go on in APIM until it has let go of it: another one cannot begin at 1 there. */
async function refuseLinked(tx: Db, apiId: string): Promise<void> {
  const rows = await tx.query<unknown[]>(`SELECT 1 FROM apim_link WHERE api_id = $1`, [apiId]);
  if (rows.length > 0) throw stillLinked(apiId);
}

async function lockedApi(tx: Db, apiId: string, asked: string): Promise<ApiRow> {
  const locked = await lockApi(tx, apiId);
  if (locked === null) throw unknownApi(asked);
  return locked;
}

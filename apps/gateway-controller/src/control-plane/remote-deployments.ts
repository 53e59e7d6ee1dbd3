import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { RestApiDocument } from '@tidegate/rest-api';
import { DataSource } from 'typeorm';

import { GatewayWriter } from '../change-log/gateway-writer.ts';
import { entriesOfApis, entryChanges } from '../environments/api-entries.ts';
import { type Db, gatewaysOf, insertDeployment, targetsOfApi, targetsOfNewApi } from '../environments/deployment-targets.ts';
import { routeChanges } from '../environments/route-changes.ts';
import { type ApiRow, deleteApi, findHolder, insertApi, lockApi, updateApi } from '../rest-apis/rest-apis.repository.ts';
import { ApiError } from '../http/api-error.ts';
import { Documents } from '../rest-apis/documents.ts';
import { RouteCheck } from '../rest-apis/route-check.ts';
import type { Settle } from './apply-event.ts';
import { findRemoteApi, isBeingPushed, recordDeployment } from './remote-apis.ts';
import { sameRoutes } from './same-routes.ts';

/** A deploy as the control plane orders it. */
export interface RemoteDeploy {
  readonly remoteId: string;
  readonly deploymentId: string;
  readonly performedAt: string;
}

/** Cannot be done, and trying again would not help: the control plane is told so. */
export class RefusedByUs extends Error {}

/** May be clear in a moment. */
export class NotYet extends Error {}

/**
 * APIs of the control plane, as rows of origin control_plane: the same checks and the same short transactions as for APIs made here.
 * An API made here keeps its owner whatever the control plane sends (decision 15).
 */
@Injectable()
export class RemoteDeployments {
  readonly #dataSource: DataSource;
  readonly #writer: GatewayWriter;
  readonly #documents: Documents;
  readonly #routes: RouteCheck;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(GatewayWriter) writer: GatewayWriter,
    @Inject(Documents) documents: Documents,
    @Inject(RouteCheck) routes: RouteCheck,
  ) {
    this.#dataSource = dataSource;
    this.#writer = writer;
    this.#documents = documents;
    this.#routes = routes;
  }

  /** @throws RefusedByUs, NotYet, ApiError; `settle` runs in the transaction that writes */
  async deploy(remote: RemoteDeploy, yaml: string, environment: string, settle: Settle): Promise<void> {
    const db = this.#dataSource.manager;
    const document = await this.#read(yaml);
    const known = await findRemoteApi(db, remote.remoteId);
    if (known?.owner === 'gateway') return this.#echo(known, document, settle);
    if (known === null && (await isBeingPushed(db, document.spec.displayName)))
      throw new NotYet(`An API made here is on its way to APIM as ${document.spec.displayName}; this may be its echo`);
    const apiId = known?.apiId ?? (UUID.test(remote.remoteId) ? remote.remoteId.toLowerCase() : randomUUID());
    const targets = known === null ? await targetsOfNewApi(db, apiId, environment) : await targetsOfApi(db, apiId);
    if (targets.length === 0) throw new RefusedByUs(`There is no environment '${environment}' to deploy to`);
    await refuseTaken(db, apiId, document);
    const checked = await this.#routes.check(document, targets);
    await this.#writer.write(gatewaysOf(targets), async (tx, gateways) => {
      await refuseTaken(tx, apiId, document);
      await this.#routes.recheck(checked, gateways, tx);
      const locked = await lockApi(tx, apiId);
      if (locked === null) {
        await insertApi(tx, newApi(apiId, document));
        for (const target of targets) await insertDeployment(tx, apiId, target);
      } else await updateApi(tx, redeployed(locked, document));
      await recordDeployment(tx, apiId, remote);
      await settle(tx, { state: 'done', message: `Deployed as ${document.metadata.name}` });
      return { result: undefined, changes: routeChanges(targets, false) };
    });
  }

  /** Keeps row, claims and keys; only the routers let go of it. */
  async undeploy(apiId: string, remote: RemoteDeploy, settle: Settle): Promise<void> {
    const targets = await targetsOfApi(this.#dataSource.manager, apiId);
    await this.#writer.write(gatewaysOf(targets), async (tx) => {
      const locked = await lockApi(tx, apiId);
      if (locked !== null) {
        const { generation } = locked;
        await updateApi(tx, { ...locked, desiredState: 'undeployed', generation: generation + 1, updatedAt: new Date() });
        await recordDeployment(tx, apiId, remote);
      }
      await settle(tx, { state: 'done', message: 'Undeployed' });
      return { result: undefined, changes: routeChanges(targets, true) };
    });
  }

  /** Its routes, keys and subscriptions go with it. */
  async remove(apiId: string, settle: Settle): Promise<void> {
    const targets = await targetsOfApi(this.#dataSource.manager, apiId);
    await this.#writer.write(gatewaysOf(targets), async (tx, gateways) => {
      const gatewayIds = gateways.map(({ id }) => id);
      const beside = entryChanges(gatewayIds, await entriesOfApis(tx, [apiId]), true);
      await deleteApi(tx, apiId);
      await settle(tx, { state: 'done', message: 'Deleted' });
      return { result: undefined, changes: [...routeChanges(targets, true), ...beside] };
    });
  }

  async #read(text: string): Promise<RestApiDocument> {
    try {
      return await this.#documents.read({ text, contentType: 'application/yaml' });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const said = error.errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
      throw new RefusedByUs(`${error.message}${said === '' ? '' : `: ${said}`}`);
    }
  }

  /** Of an API that was made here: the echo of our own push changes nothing, an edit made there is refused by name. */
  async #echo(
    { apiId, desiredState }: { readonly apiId: string; readonly desiredState: string },
    document: RestApiDocument,
    settle: Settle,
  ): Promise<void> {
    await this.#dataSource.transaction(async (tx) => {
      const own = await lockApi(tx, apiId);
      if (own === null || desiredState !== 'deployed')
        throw new RefusedByUs(`API ${apiId} was made on this gateway, which wants it ${own === null ? 'deleted' : desiredState}`);
      if (!sameRoutes(own.document, document))
        throw new RefusedByUs(
          `API '${own.handle}' was made on this gateway and is changed only there; what APIM deploys differs`,
        );
      await settle(tx, { state: 'done', message: `'${own.handle}' was made here and is served as it is` });
    });
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function refuseTaken(db: Db, id: string, document: RestApiDocument): Promise<void> {
  const { displayName, version } = document.spec;
  const holder = await findHolder(db, { id, handle: document.metadata.name, displayName, version });
  if (holder === null) return;
  throw new RefusedByUs(
    `Another API, '${holder.handle}', has the handle '${document.metadata.name}' or the name and version ${displayName} ${version}`,
  );
}

function newApi(id: string, document: RestApiDocument): Omit<ApiRow, 'accountId'> {
  const now = new Date();
  const { displayName, version } = document.spec;
  return {
    id,
    handle: document.metadata.name,
    displayName,
    version,
    document,
    desiredState: 'deployed',
    origin: 'control_plane',
    generation: 1,
    createdBy: 'control-plane',
    createdAt: now,
    updatedAt: now,
    deployedAt: now,
  };
}

function redeployed(current: ApiRow, document: RestApiDocument): ApiRow {
  if (document.metadata.name !== current.handle)
    throw new RefusedByUs(`The API is known here as '${current.handle}' and cannot become '${document.metadata.name}'`);
  const now = new Date();
  const { displayName, version } = document.spec;
  const generation = current.generation + 1;
  return { ...current, displayName, version, document, desiredState: 'deployed', generation, updatedAt: now, deployedAt: now };
}

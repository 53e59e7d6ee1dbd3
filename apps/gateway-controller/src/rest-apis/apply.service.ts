import { Inject, Injectable } from '@nestjs/common';
import type { Applied, AppliedItem, ApplyRequest, FieldError } from '@tidegate/management-api';
import type { RestApiDocument } from '@tidegate/rest-api';
import { DataSource } from 'typeorm';

import type { Written } from '../change-log/gateway-writer.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { ApiError, badRequest } from '../http/api-error.ts';
import { bodyOfDocument, Documents } from './documents.ts';
import { handlesWithLabels } from './list-apis.ts';
import { actionOf, PreviewService } from './preview.service.ts';
import { findApiByHandle } from './rest-apis.repository.ts';
import { RestApisService } from './rest-apis.service.ts';

/**
 * A set of documents made true. All are checked before the first is written; then each API is a transaction of its own, so that a
 * refused one leaves its neighbours written and itself as it was. What was refused for a route or name that a later document gives
 * up is tried again, for as long as a round gets further. Documents equal to the stored ones are not written.
 */
@Injectable()
export class ApplyService {
  readonly #db: Db;
  readonly #apis: RestApisService;
  readonly #previews: PreviewService;
  readonly #documents: Documents;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(RestApisService) apis: RestApisService,
    @Inject(PreviewService) previews: PreviewService,
    @Inject(Documents) documents: Documents,
  ) {
    this.#db = dataSource.manager;
    this.#apis = apis;
    this.#previews = previews;
    this.#documents = documents;
  }

  /** @throws ApiError 400 with every diagnostic of every document; nothing is written then */
  async apply(request: ApplyRequest, by: string): Promise<{ applied: Applied; reach: Reach }> {
    const reach: Reach = { versions: new Map(), committedAtMs: 0, apiIds: new Set() };
    const documents = await this.#checked(request.documents);
    const written = request.dryRun
      ? await inTurn(documents, (document) => this.#preview(document))
      : await this.#writeAll(documents, by, reach);
    const clean = written.every(({ ok }) => ok);
    const named = new Set(documents.map(({ metadata }) => metadata.name));
    const stray = request.prune === undefined ? [] : await handlesWithLabels(this.#db, request.prune);
    const pruned = clean
      ? await inTurn(
          stray.filter((handle) => !named.has(handle)),
          (handle) => this.#delete(handle, request.dryRun, reach),
        )
      : [];
    const items = [...written, ...pruned];
    const failed = items.filter(({ ok }) => !ok).length;
    const changed = items.filter(({ ok, action }) => ok && action !== 'unchanged').length;
    const status = failed === 0 ? ('success' as const) : ('partial' as const);
    return { applied: { status, dryRun: request.dryRun, changed, failed, items }, reach };
  }

  /** @throws ApiError 400 naming the position of every faulty document */
  async #checked(documents: readonly unknown[]): Promise<RestApiDocument[]> {
    const errors: FieldError[] = [];
    const good: RestApiDocument[] = [];
    for (const [at, document] of documents.entries()) {
      const parsed = await this.#parsedOrErrors(document, errors, `documents[${at}]`);
      if (parsed === null) continue;
      const { name } = parsed.metadata;
      if (good.some(({ metadata }) => metadata.name === name)) {
        const message = `'${name}' is in the set twice`;
        errors.push({ field: `documents[${at}].metadata.name`, code: 'duplicate', message });
      }
      good.push(parsed);
    }
    if (errors.length > 0) throw badRequest('validation_failed', 'Configuration validation failed', errors);
    return good;
  }

  async #parsedOrErrors(document: unknown, errors: FieldError[], at: string): Promise<RestApiDocument | null> {
    try {
      return await this.#documents.read(bodyOfDocument(document));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const own = error.errors.length > 0 ? error.errors : [{ field: '', code: error.code, message: error.message }];
      errors.push(...own.map((one) => ({ ...one, field: one.field === '' ? at : `${at}.${one.field}` })));
      return null;
    }
  }

  async #writeAll(documents: readonly RestApiDocument[], by: string, reach: Reach): Promise<AppliedItem[]> {
    const items = await inTurn(documents, (document) => this.#write(document, by, reach));
    for (let failed = items.length; ;) {
      const again = items.flatMap(({ ok, code }, at) => (!ok && code !== undefined && MAY_CLEAR.has(code) ? [at] : []));
      if (again.length === 0 || again.length >= failed) return items;
      failed = again.length;
      for (const at of again) items[at] = await this.#write(documents[at] as RestApiDocument, by, reach);
    }
  }

  async #write(document: RestApiDocument, by: string, reach: Reach): Promise<AppliedItem> {
    const { name } = document.metadata;
    const current = await findApiByHandle(this.#db, name);
    const action = actionOf(current, document);
    return this.#item(name, action, async () => {
      if (current !== null && action === 'unchanged') return { generation: current.generation };
      const body = bodyOfDocument(document);
      const written = await (current === null
        ? this.#apis.create(body, by)
        : this.#apis.replace(name, body, { ifMatch: String(current.generation), by }));
      note(reach, written);
      return { generation: written.result.generation };
    });
  }

  async #preview(document: RestApiDocument): Promise<AppliedItem> {
    const { name } = document.metadata;
    const action = actionOf(await findApiByHandle(this.#db, name), document);
    return this.#item(name, action, async () => ({ routes: (await this.#previews.preview(document)).routes }));
  }

  #delete(handle: string, dryRun: boolean, reach: Reach): Promise<AppliedItem> {
    return this.#item(handle, 'delete', async () => {
      if (!dryRun) note(reach, await this.#apis.remove(handle, undefined));
      return {};
    });
  }

  /** A refusal is part of the answer; a failure of ours, or a database that is away, ends it. */
  async #item(name: string, action: AppliedItem['action'], work: () => Promise<Partial<AppliedItem>>): Promise<AppliedItem> {
    try {
      return { name, action, ok: true, generation: null, ...(await work()) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { name, action, ok: false, generation: null, code: error.code, message: error.message, errors: [...error.errors] };
    }
  }
}

/** How far the writes of a set went: the last version of each gateway, and the APIs that changed. */
export interface Reach {
  readonly versions: Map<string, number>;
  committedAtMs: number;
  readonly apiIds: Set<string>;
}

function note(reach: Reach, { result, versions, committedAtMs }: Written<{ readonly id: string }>): void {
  for (const [gatewayId, version] of versions) reach.versions.set(gatewayId, version);
  reach.committedAtMs = committedAtMs;
  reach.apiIds.add(result.id);
}

/** Refusals for what another document of the set may give up. */
const MAY_CLEAR = new Set(['route_conflict', 'duplicate_name_version', 'precondition_failed']);

/** One after the other: each sees what the one before it left. */
async function inTurn<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const value of values) results.push(await work(value));
  return results;
}

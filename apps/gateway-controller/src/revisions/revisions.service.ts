import { Inject, Injectable } from '@nestjs/common';
import type { Revision, RevisionList } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import type { Db } from '../environments/deployment-targets.ts';
import { notFound } from '../http/api-error.ts';
import { bodyOfDocument } from '../rest-apis/documents.ts';
import { type ApiRow, findApi } from '../rest-apis/rest-apis.repository.ts';
import { type Accepted, RestApisService, unknownApi } from '../rest-apis/rest-apis.service.ts';
import { findRevision, listRevisions, type RevisionRow } from './revisions.repository.ts';

/** What an API was. A revision is the generation that a write made; restoring one is a write like any other. */
@Injectable()
export class RevisionsService {
  readonly #db: Db;
  readonly #apis: RestApisService;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(RestApisService) apis: RestApisService) {
    this.#db = dataSource.manager;
    this.#apis = apis;
  }

  /** @throws ApiError 404 */
  async list(id: string, paging: { limit: number; offset: number }): Promise<RevisionList> {
    const api = await this.#apiOf(id);
    const { revisions, total } = await listRevisions(this.#db, api.id, paging);
    const items = revisions.map((row) => revisionItem(row, api));
    return { status: 'success', count: items.length, total, ...paging, revisions: items };
  }

  /** @throws ApiError 404 */
  async one(id: string, revision: string): Promise<Revision> {
    const api = await this.#apiOf(id);
    const { document, ...row } = await this.#find(api, revision);
    return { status: 'success', ...revisionItem(row, api), document };
  }

  /** The document is checked as if it came now: what it needs may be gone. @throws ApiError 400, 404, 409, 412 */
  async restore(id: string, revision: string, { ifMatch, by }: { ifMatch: string | undefined; by: string }): Promise<Accepted> {
    const api = await this.#apiOf(id);
    const { document, generation } = await this.#find(api, revision);
    return this.#apis.replace(id, bodyOfDocument(document), { ifMatch, by, restoredFrom: generation });
  }

  async #apiOf(id: string): Promise<ApiRow> {
    const api = await findApi(this.#db, id);
    if (api === null) throw unknownApi(id);
    return api;
  }

  async #find(api: ApiRow, revision: string) {
    const found = REVISION.test(revision) ? await findRevision(this.#db, api.id, Number(revision)) : null;
    if (found === null) throw notFound(`RestAPI '${api.handle}' has no revision '${revision}', or it is kept no longer`);
    return found;
  }
}

const REVISION = /^[1-9][0-9]{0,14}$/;

function revisionItem(row: RevisionRow, api: ApiRow) {
  return {
    revision: row.generation,
    current: row.generation === api.generation,
    desiredState: row.desiredState,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    restoredFrom: row.restoredFrom,
  };
}

import { Inject, Injectable } from '@nestjs/common';
import type { RestApiList, RestApiListQuery } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { ApimLinks } from '../apim-link/apim-links.ts';
import type { SyncStatus } from '../apim-link/sync-info.ts';
import { listedRestApi, restApiAnswer } from './rest-api-answer.ts';
import { type ApiRow, findApi, listApis } from './rest-apis.repository.ts';
import { unknownApi } from './rest-apis.service.ts';

/** The reads of an API, each joined with what is known about APIM. */
@Injectable()
export class RestApisQueries {
  readonly #dataSource: DataSource;
  readonly #links: ApimLinks;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(ApimLinks) links: ApimLinks) {
    this.#dataSource = dataSource;
    this.#links = links;
  }

  /** @throws ApiError 404; a database that cannot be read is never a 404 */
  async one(id: string) {
    const api = await findApi(this.#dataSource.manager, id);
    if (api === null) throw unknownApi(id);
    return { generation: api.generation, answer: restApiAnswer(api, { sync: await this.syncOf(api) }) };
  }

  async list({ displayName, version, context, status, limit, offset }: RestApiListQuery): Promise<RestApiList> {
    const { apis, total } = await listApis(this.#dataSource.manager, {
      displayName: given(displayName),
      version: given(version),
      context: given(context),
      state: given(status),
      limit,
      offset,
    });
    const sync = await this.#links.info(apis.map(({ id }) => id));
    const answers = apis.map((api) => listedRestApi(api, ours(api, sync)));
    return { status: 'success', count: apis.length, total, limit, offset, apis: answers };
  }

  async syncOf(api: ApiRow): Promise<SyncStatus | null> {
    return ours(api, await this.#links.info([api.id]));
  }
}

/** A control-plane API has no status of its own journey up (decision 22). */
function ours(api: ApiRow, sync: ReadonlyMap<string, SyncStatus>): SyncStatus | null {
  return api.origin === 'gateway_api' ? (sync.get(api.id) ?? null) : null;
}

/** An empty filter filters nothing. */
function given(filter: string | undefined): string | null {
  return filter === undefined || filter === '' ? null : filter;
}

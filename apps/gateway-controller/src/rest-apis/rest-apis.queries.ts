import { Inject, Injectable } from '@nestjs/common';
import type { RestApiAnswer, RestApiList, RestApiListQuery } from '@tidegate/management-api';
import type { Logger } from '@tidegate/process';
import { DataSource } from 'typeorm';

import { ApimLinks } from '../apim-link/apim-links.ts';
import type { SyncStatus } from '../apim-link/sync-info.ts';
import type { ControllerConfig } from '../config.ts';
import { CONFIG, LOGGER } from '../settings.module.ts';
import { listApis } from './list-apis.ts';
import { type AnswerExtras, listedRestApi, restApiAnswer } from './rest-api-answer.ts';
import { type ApiRow, findApi } from './rest-apis.repository.ts';
import { unknownApi } from './rest-apis.service.ts';

/** The reads of an API, each joined with what is known about APIM. */
@Injectable()
export class RestApisQueries {
  readonly #dataSource: DataSource;
  readonly #links: ApimLinks;
  readonly #vhosts: AnswerExtras['vhosts'];
  readonly #logger: Logger;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(ApimLinks) links: ApimLinks,
    @Inject(CONFIG) { router }: ControllerConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#dataSource = dataSource;
    this.#links = links;
    this.#vhosts = { main: router.vhosts.main.default, sandbox: router.vhosts.sandbox.default };
    this.#logger = logger;
  }

  /** @throws ApiError 404; a database that cannot be read is never a 404 */
  async one(id: string): Promise<{ generation: number; answer: RestApiAnswer }> {
    const api = await findApi(this.#dataSource.manager, id);
    if (api === null) throw unknownApi(id);
    const sync = ours(api, await this.#links.info([api.id]));
    return { generation: api.generation, answer: restApiAnswer(api, { sync, vhosts: this.#vhosts }) };
  }

  async list(query: RestApiListQuery): Promise<RestApiList> {
    const { limit, offset, sort } = query;
    const filter = {
      displayName: given(query.displayName),
      version: given(query.version),
      context: given(query.context),
      state: given(query.status),
      origin: given(query.origin),
      labels: query.label,
      search: given(query.search),
    };
    const { apis, total } = await listApis(this.#dataSource.manager, filter, { sort, limit, offset });
    const sync = await this.#links.info(apis.map(({ id }) => id));
    const answers = apis.map((api) => listedRestApi(api, { sync: ours(api, sync), vhosts: this.#vhosts }));
    return { status: 'success', count: apis.length, total, limit, offset, apis: answers };
  }

  /** What is committed is answered so, also when the database goes away in this moment: a 503 would say that nothing happened. */
  async afterWrite(api: ApiRow, extras: Pick<AnswerExtras, 'warnings' | 'propagation'>): Promise<RestApiAnswer> {
    const sync = await this.#links.info([api.id]).then(
      (known) => ours(api, known),
      (error: unknown) => {
        this.#logger.warn({ err: error, api: api.handle }, 'The sync status could not be read after a write');
        return UNREAD;
      },
    );
    return restApiAnswer(api, { ...extras, sync, vhosts: this.#vhosts });
  }
}

const UNREAD: SyncStatus = {
  cpSyncStatus: 'pending',
  cpSyncInfo: {
    phase: 'waiting',
    reason: 'unread',
    message: 'The write is committed; its status could not be read just now, ask again',
    attempts: 0,
    nextAttemptAt: null,
    id: null,
    revision: null,
    generation: null,
    losses: [],
  },
};

/** A control-plane API has no status of its own journey up (decision 22). */
function ours(api: ApiRow, sync: ReadonlyMap<string, SyncStatus>): SyncStatus | null {
  return api.origin === 'gateway_api' ? (sync.get(api.id) ?? null) : null;
}

/** An empty filter filters nothing. */
function given(filter: string | undefined): string | null {
  return filter === undefined || filter === '' ? null : filter;
}

import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Query, Res } from '@nestjs/common';
import { type RestApiListQuery, restApiListQuery, type SyncRequest, syncRequest } from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import type { Caller } from '../http/access.ts';
import { bodyOf, type RawBody, rawBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { etagOf } from './if-match.ts';
import { Receipts } from './receipts.ts';
import { RestApisQueries } from './rest-apis.queries.ts';
import { type Accepted, RestApisService } from './rest-apis.service.ts';

@Controller(['rest-apis', 'api/management/v1/rest-apis'])
export class RestApisController {
  readonly #apis: RestApisService;
  readonly #queries: RestApisQueries;
  readonly #receipts: Receipts;

  constructor(
    @Inject(RestApisService) apis: RestApisService,
    @Inject(RestApisQueries) queries: RestApisQueries,
    @Inject(Receipts) receipts: Receipts,
  ) {
    this.#apis = apis;
    this.#queries = queries;
    this.#receipts = receipts;
  }

  @Post()
  async create(
    @Body(rawBody) body: RawBody,
    @CalledBy() caller: Caller,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const accepted = await this.#apis.create(body, caller.id);
    reply.header('Location', `${reply.request.routeOptions.url}/${encodeURIComponent(accepted.result.handle)}`);
    return this.#answer(accepted, wait, reply);
  }

  @Get()
  list(@Query(queryOf(restApiListQuery)) query: RestApiListQuery) {
    return this.#queries.list(query);
  }

  @Get(':id')
  async one(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const { generation, answer } = await this.#queries.one(id);
    reply.header('ETag', etagOf(generation));
    return answer;
  }

  @Put(':id')
  async replace(
    @Param('id') id: string,
    @Body(rawBody) body: RawBody,
    @Headers('if-match') ifMatch: string | undefined,
    @CalledBy() caller: Caller,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#answer(await this.#apis.replace(id, body, { ifMatch, by: caller.id }), wait, reply);
  }

  @Delete(':id')
  @HttpCode(200)
  async remove(@Param('id') id: string, @Headers('if-match') ifMatch: string | undefined, @WaitFor() wait: Wait | null) {
    const written = await this.#apis.remove(id, ifMatch);
    const propagation = await this.#receipts.after(written, wait, written.result.id);
    return {
      status: 'success',
      message: 'RestAPI deleted successfully',
      id: written.result.handle,
      propagation: propagation ?? undefined,
    };
  }

  @Post(':id/sync')
  @HttpCode(202)
  async sync(@Param('id') id: string, @Body(bodyOf(syncRequest, {})) request: SyncRequest, @WaitFor() wait: Wait | null) {
    const api = await this.#apis.syncAgain(id, request);
    await this.#receipts.synced(api.id, wait);
    return this.#queries.afterWrite(api, {});
  }

  async #answer(accepted: Accepted, wait: Wait | null, reply: FastifyReply) {
    const { result: api, warnings } = accepted;
    const propagation = await this.#receipts.after(accepted, wait, api.id);
    reply.header('ETag', etagOf(api.generation));
    return this.#queries.afterWrite(api, { warnings, propagation });
  }
}

import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { type Revision, type RevisionList, type RevisionListQuery, revisionListQuery } from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import type { Caller } from '../http/access.ts';
import { noBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { etagOf } from '../rest-apis/if-match.ts';
import { Receipts } from '../rest-apis/receipts.ts';
import { RestApisQueries } from '../rest-apis/rest-apis.queries.ts';
import { RevisionsService } from './revisions.service.ts';

@Controller(['rest-apis/:id/revisions', 'api/management/v1/rest-apis/:id/revisions'])
export class RevisionsController {
  readonly #revisions: RevisionsService;
  readonly #apis: RestApisQueries;
  readonly #receipts: Receipts;

  constructor(
    @Inject(RevisionsService) revisions: RevisionsService,
    @Inject(RestApisQueries) apis: RestApisQueries,
    @Inject(Receipts) receipts: Receipts,
  ) {
    this.#revisions = revisions;
    this.#apis = apis;
    this.#receipts = receipts;
  }

  @Get()
  list(@Param('id') id: string, @Query(queryOf(revisionListQuery)) query: RevisionListQuery): Promise<RevisionList> {
    return this.#revisions.list(id, query);
  }

  @Get(':revision')
  one(@Param('id') id: string, @Param('revision') revision: string): Promise<Revision> {
    return this.#revisions.one(id, revision);
  }

  @Post(':revision/restore')
  @HttpCode(200)
  async restore(
    @Param('id') id: string,
    @Param('revision') revision: string,
    @Body(noBody) _: object,
    @Headers('if-match') ifMatch: string | undefined,
    @CalledBy() caller: Caller,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const accepted = await this.#revisions.restore(id, revision, { ifMatch, by: caller.id });
    const propagation = await this.#receipts.after(accepted, wait, accepted.result.id);
    reply.header('ETag', etagOf(accepted.result.generation));
    return this.#apis.afterWrite(accepted.result, { warnings: accepted.warnings, propagation });
  }
}

import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { type SyncLagQuery, syncLagQuery, type SyncQueueQuery, syncQueueQuery } from '@tidegate/management-api';

import type { Caller } from '../http/access.ts';
import { noBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { SyncQueries } from './sync.queries.ts';
import { SyncService } from './sync.service.ts';

@Controller(['', 'api/management/v1'])
export class SyncController {
  readonly #queries: SyncQueries;
  readonly #service: SyncService;

  constructor(@Inject(SyncQueries) queries: SyncQueries, @Inject(SyncService) service: SyncService) {
    this.#queries = queries;
    this.#service = service;
  }

  @Get('sync')
  overview() {
    return this.#queries.overview();
  }

  @Get('sync/lag')
  lag(@Query(queryOf(syncLagQuery)) { minutes }: SyncLagQuery) {
    return this.#queries.lag(minutes);
  }

  @Get('sync/queue')
  queue(@Query(queryOf(syncQueueQuery)) query: SyncQueueQuery) {
    return this.#queries.queue(query);
  }

  @Post('sync/confirm-removals')
  @HttpCode(200)
  async confirmRemovals(@Body(noBody) _body: object) {
    const confirmed = await this.#service.confirmRemovals();
    return { status: 'success', message: `${confirmed} removals go into the inbox`, confirmed };
  }

  @Post('sync/look')
  @HttpCode(200)
  look(@Body(noBody) _body: object) {
    return this.#service.look();
  }

  @Get('rest-apis/:id/sync')
  one(@Param('id') id: string) {
    return this.#queries.one(id);
  }

  @Post('rest-apis/:id/sync/pause')
  @HttpCode(200)
  async pause(@Param('id') id: string, @Body(noBody) _body: object, @CalledBy() caller: Caller) {
    await this.#service.pause(id, caller.id);
    return this.#queries.steered(id, 'Paused: nothing new is pushed until it is resumed');
  }

  @Post('rest-apis/:id/sync/resume')
  @HttpCode(200)
  async resume(@Param('id') id: string, @Body(noBody) _body: object) {
    await this.#service.resume(id);
    return this.#queries.steered(id, 'Resumed');
  }

  @Post('rest-apis/:id/sync/skip')
  @HttpCode(200)
  async skip(@Param('id') id: string, @Body(noBody) _body: object, @CalledBy() caller: Caller) {
    const before = await this.#queries.steered(id, 'Skipped: APIM keeps what it has of this deleted API');
    if (await this.#service.skip(id, caller.id)) return before;
    return this.#queries.steered(id, 'Skipped: this generation is not pushed any more');
  }
}

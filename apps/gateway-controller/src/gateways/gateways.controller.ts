import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Patch, Post, Query, Res } from '@nestjs/common';
import {
  type DeletionsConfirmed,
  type GatewayDeleteQuery,
  gatewayDeleteQuery,
  type GatewayList,
  type GatewayListQuery,
  gatewayListQuery,
  type GatewayPatch,
  gatewayPatch,
  type GatewayRequest,
  gatewayRequest,
} from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import { EpochKeeper } from '../discovery/epoch-keeper.ts';
import type { Caller } from '../http/access.ts';
import { bodyOf, noBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { etagOf } from '../rest-apis/if-match.ts';
import { Receipts } from '../rest-apis/receipts.ts';
import { Fleet } from './fleet.ts';
import type { GatewayRow } from './gateways.queries.ts';
import { GatewaysService } from './gateways.service.ts';

@Controller(['gateways', 'api/management/v1/gateways'])
export class GatewaysController {
  readonly #fleet: Fleet;
  readonly #gateways: GatewaysService;
  readonly #epochs: EpochKeeper;
  readonly #receipts: Receipts;

  constructor(
    @Inject(Fleet) fleet: Fleet,
    @Inject(GatewaysService) gateways: GatewaysService,
    @Inject(EpochKeeper) epochs: EpochKeeper,
    @Inject(Receipts) receipts: Receipts,
  ) {
    this.#fleet = fleet;
    this.#gateways = gateways;
    this.#epochs = epochs;
    this.#receipts = receipts;
  }

  @Get()
  list(@Query(queryOf(gatewayListQuery)) query: GatewayListQuery): Promise<GatewayList> {
    return this.#fleet.list(query);
  }

  @Post()
  async create(@Body(bodyOf(gatewayRequest)) request: GatewayRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const gateway = await this.#gateways.create(request);
    reply.header('Location', `${reply.request.routeOptions.url}/${gateway.handle}`);
    return this.#answer(gateway, reply);
  }

  @Get(':id')
  async one(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#answer(await this.#gateways.one(id, { deleted: true }), reply);
  }

  @Patch(':id')
  async update(
    @Param('id') id: string,
    @Body(bodyOf(gatewayPatch)) patch: GatewayPatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#answer(await this.#gateways.update(id, patch, ifMatch), reply);
  }

  @Delete(':id')
  @HttpCode(200)
  async remove(
    @Param('id') id: string,
    @Query(queryOf(gatewayDeleteQuery)) query: GatewayDeleteQuery,
    @CalledBy() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
  ) {
    const gateway = await this.#gateways.remove(id, query, caller.id, ifMatch);
    return { status: 'success', message: 'Gateway deleted', id: gateway.handle };
  }

  /** The status block alone, never cached. */
  @Get(':id/status')
  async status(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    reply.header('Cache-Control', 'no-store');
    return (await this.#fleet.item(await this.#gateways.one(id, { deleted: true }))).status;
  }

  @Get(':id/issues')
  async issues(@Param('id') id: string) {
    const { issues, issueCount } = await this.#fleet.item(await this.#gateways.one(id, { deleted: true }));
    return { status: 'success', count: issues.length, total: issueCount, limit: issues.length, offset: 0, issues };
  }

  /** For the present epoch; saying it twice, or without anybody waiting, is no error. */
  @Post(':id/confirm-deletions')
  @HttpCode(200)
  async confirmDeletions(
    @Param('id') id: string,
    @Body(noBody) _: object,
    @WaitFor() wait: Wait | null,
  ): Promise<DeletionsConfirmed> {
    const gateway = await this.#gateways.one(id);
    const written = await this.#epochs.confirmDeletions(gateway.id);
    const propagation = await this.#receipts.programmed(written, wait);
    return {
      status: 'success',
      message: 'Deletions confirmed',
      gatewayId: gateway.id,
      ...written.result,
      ...(propagation === null ? {} : { propagation }),
    };
  }

  async #answer(gateway: GatewayRow, reply: FastifyReply) {
    reply.header('ETag', etagOf(gateway.rowVersion));
    return this.#fleet.item(gateway);
  }
}

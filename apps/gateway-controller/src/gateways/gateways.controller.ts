import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { type JoinTokenAnswer, paging } from '@tidegate/management-api';
import { DataSource } from 'typeorm';
import { z } from 'zod';

import type { Caller } from '../http/access.ts';
import { notFound } from '../http/api-error.ts';
import { bodyOf } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { findGateway, type GatewayRow, listGateways } from './gateways.queries.ts';
import { type JoinTokenRequest, joinTokenRequest } from './join-token-request.ts';
import { JoinTokens } from './join-tokens.ts';

const listQuery = z.object(paging);

@Controller(['gateways', 'api/management/v1/gateways'])
export class GatewaysController {
  readonly #dataSource: DataSource;
  readonly #joinTokens: JoinTokens;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(JoinTokens) joinTokens: JoinTokens) {
    this.#dataSource = dataSource;
    this.#joinTokens = joinTokens;
  }

  @Get()
  async list(@Query(queryOf(listQuery)) { limit, offset }: z.output<typeof listQuery>) {
    const all = await listGateways(this.#dataSource.manager);
    const gateways = all.slice(offset, offset + limit);
    return { status: 'success', count: gateways.length, total: all.length, limit, offset, gateways };
  }

  /** The token is shown once, and used once (decision 27). */
  @Post(':id/join-tokens')
  async joinToken(
    @Param('id') id: string,
    @Body(bodyOf(joinTokenRequest, {})) { expiresIn }: JoinTokenRequest,
    @CalledBy() caller: Caller,
  ): Promise<JoinTokenAnswer> {
    const gateway = known(await findGateway(this.#dataSource.manager, id), id);
    const { token, expiresAt } = await this.#joinTokens.issue(gateway.id, expiresIn, caller.id);
    return { status: 'success', token, expiresAt: expiresAt.toISOString(), gatewayId: gateway.id, gatewayHandle: gateway.handle };
  }
}

function known(gateway: GatewayRow | null, id: string): GatewayRow {
  if (gateway === null) throw notFound(`Gateway '${id}' not found`);
  return gateway;
}

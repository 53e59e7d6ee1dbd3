import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import {
  type DeletionsConfirmed,
  type GatewayList,
  type JoinTokenAnswer,
  type JoinTokenRequest,
  joinTokenRequest,
  paging,
} from '@tidegate/management-api';
import { DataSource } from 'typeorm';
import { z } from 'zod';

import { EpochKeeper } from '../discovery/epoch-keeper.ts';
import { SnapshotStore } from '../discovery/snapshot-store.ts';
import type { Caller } from '../http/access.ts';
import { notFound } from '../http/api-error.ts';
import { bodyOf, noBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { Receipts } from '../rest-apis/receipts.ts';
import { gatewayAnswer } from './gateway-answer.ts';
import { findGateway, type GatewayRow, listGateways, listNodes } from './gateways.queries.ts';
import { JoinTokens } from './join-tokens.ts';

const listQuery = z.object(paging);

@Controller(['gateways', 'api/management/v1/gateways'])
export class GatewaysController {
  readonly #dataSource: DataSource;
  readonly #joinTokens: JoinTokens;
  readonly #snapshots: SnapshotStore;
  readonly #epochs: EpochKeeper;
  readonly #receipts: Receipts;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(JoinTokens) joinTokens: JoinTokens,
    @Inject(SnapshotStore) snapshots: SnapshotStore,
    @Inject(EpochKeeper) epochs: EpochKeeper,
    @Inject(Receipts) receipts: Receipts,
  ) {
    this.#dataSource = dataSource;
    this.#joinTokens = joinTokens;
    this.#snapshots = snapshots;
    this.#epochs = epochs;
    this.#receipts = receipts;
  }

  @Get()
  async list(@Query(queryOf(listQuery)) { limit, offset }: z.output<typeof listQuery>): Promise<GatewayList> {
    const all = await listGateways(this.#dataSource.manager);
    const shown = all.slice(offset, offset + limit);
    const ids = shown.map(({ id }) => id);
    const nodes = Map.groupBy(await listNodes(this.#dataSource.manager, ids), ({ gatewayId }) => gatewayId);
    const gateways = shown.map((gateway) =>
      gatewayAnswer(gateway, nodes.get(gateway.id) ?? [], this.#snapshots.issues(gateway.id)),
    );
    return { status: 'success', count: gateways.length, total: all.length, limit, offset, gateways };
  }

  /** The token is shown once, and used once (decision 27). */
  @Post(':id/join-tokens')
  async joinToken(
    @Param('id') id: string,
    @Body(bodyOf(joinTokenRequest, {})) { expiresIn }: JoinTokenRequest,
    @CalledBy() caller: Caller,
  ): Promise<JoinTokenAnswer> {
    const gateway = await this.#gateway(id);
    const { token, expiresAt } = await this.#joinTokens.issue(gateway.id, expiresIn, caller.id);
    return { status: 'success', token, expiresAt: expiresAt.toISOString(), gatewayId: gateway.id, gatewayHandle: gateway.handle };
  }

  /** For the present epoch; saying it twice, or without anybody waiting, is no error. */
  @Post(':id/confirm-deletions')
  @HttpCode(200)
  async confirmDeletions(
    @Param('id') id: string,
    @Body(noBody) _: object,
    @WaitFor() wait: Wait | null,
  ): Promise<DeletionsConfirmed> {
    const gateway = await this.#gateway(id);
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

  async #gateway(id: string): Promise<GatewayRow> {
    const gateway = await findGateway(this.#dataSource.manager, id);
    if (gateway === null) throw notFound(`Gateway '${id}' not found`);
    return gateway;
  }
}

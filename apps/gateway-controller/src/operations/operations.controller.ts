import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { type RestartRequest, restartRequest } from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';

import { GatewaysService } from '../gateways/gateways.service.ts';
import type { Caller } from '../http/access.ts';
import { bodyOf, noBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { operationAnswer } from './operation-answer.ts';
import { operationNodes, operationsOf, spareNodes, type StoredOperation } from './operations.repository.ts';
import { OperationsService } from './operations.service.ts';

const LISTED = 50;

@Controller(['', 'api/management/v1'])
export class OperationsController {
  readonly #operations: OperationsService;
  readonly #gateways: GatewaysService;
  readonly #dataSource: DataSource;

  constructor(
    @Inject(OperationsService) operations: OperationsService,
    @Inject(GatewaysService) gateways: GatewaysService,
    @Inject(DataSource) dataSource: DataSource,
  ) {
    this.#operations = operations;
    this.#gateways = gateways;
    this.#dataSource = dataSource;
  }

  @Post('gateways/:id/restart')
  @HttpCode(202)
  async restart(
    @Param('id') id: string,
    @Body(bodyOf(restartRequest, {})) request: RestartRequest,
    @CalledBy() { id: by }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const operation = await this.#operations.restart(id, request, by);
    reply.header('Location', `/operations/${operation.id}`);
    return this.#answer(operation);
  }

  /** The newest first. */
  @Get('gateways/:id/operations')
  async list(@Param('id') id: string) {
    const gateway = await this.#gateways.one(id, { deleted: true });
    const operations = [];
    for (const one of await operationsOf(this.#dataSource.manager, gateway.id, LISTED)) operations.push(await this.#answer(one));
    const { length } = operations;
    return { status: 'success', count: length, total: length, limit: LISTED, offset: 0, operations };
  }

  @Get('operations/:id')
  async one(@Param('id') id: string) {
    return this.#answer(await this.#operations.one(id));
  }

  @Post('operations/:id/cancel')
  @HttpCode(202)
  async cancel(@Body(noBody) _: object, @Param('id') id: string) {
    return this.#answer(await this.#operations.cancel(id));
  }

  async #answer(operation: StoredOperation) {
    const db = this.#dataSource.manager;
    return operationAnswer(operation, await operationNodes(db, operation.id), await spareNodes(db, operation.id));
  }
}

import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Patch, Post, Query, Res } from '@nestjs/common';
import {
  type EnvironmentListQuery,
  environmentListQuery,
  type EnvironmentPatch,
  environmentPatch,
  type EnvironmentRequest,
  environmentRequest,
} from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import { bodyOf } from '../http/body.ts';
import { queryOf } from '../http/query.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { etagOf } from '../rest-apis/if-match.ts';
import { Receipts } from '../rest-apis/receipts.ts';
import type { EnvironmentRow } from './environments.repository.ts';
import { EnvironmentsService } from './environments.service.ts';

@Controller(['environments', 'api/management/v1/environments'])
export class EnvironmentsController {
  readonly #environments: EnvironmentsService;

  readonly #receipts: Receipts;

  constructor(@Inject(EnvironmentsService) environments: EnvironmentsService, @Inject(Receipts) receipts: Receipts) {
    this.#environments = environments;
    this.#receipts = receipts;
  }

  @Get()
  list(@Query(queryOf(environmentListQuery)) query: EnvironmentListQuery) {
    return this.#environments.list(query);
  }

  @Post()
  async create(@Body(bodyOf(environmentRequest)) request: EnvironmentRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const environment = await this.#environments.create(request);
    reply.header('Location', `${reply.request.routeOptions.url}/${environment.id}`);
    return this.#answer(environment, reply);
  }

  @Get(':id')
  async one(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#answer(await this.#environments.one(id), reply);
  }

  @Patch(':id')
  async move(
    @Param('id') id: string,
    @Body(bodyOf(environmentPatch)) { paths }: EnvironmentPatch,
    @Headers('if-match') ifMatch: string | undefined,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const written = await this.#environments.move(id, paths.rest, ifMatch);
    const propagation = await this.#receipts.programmed(written, wait);
    return { ...(await this.#answer(written.result, reply)), ...(propagation === null ? {} : { propagation }) };
  }

  @Delete(':id')
  @HttpCode(200)
  async remove(@Param('id') id: string) {
    const { name } = await this.#environments.remove(id);
    return { status: 'success', message: 'Environment deleted', id: name };
  }

  /** Dry: what the path would be, or what is in its way. */
  @Post(':id/path-check')
  @HttpCode(200)
  check(@Param('id') id: string, @Body(bodyOf(environmentPatch)) { paths }: EnvironmentPatch) {
    return this.#environments.checkPath(id, paths.rest);
  }

  async #answer(environment: EnvironmentRow, reply: FastifyReply) {
    reply.header('ETag', etagOf(environment.rowVersion));
    return this.#environments.answer(environment);
  }
}

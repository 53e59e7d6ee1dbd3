import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Res } from '@nestjs/common';
import {
  type ReleaseRequest,
  releaseRequest,
  type RuntimeApply,
  runtimeApply,
  type RuntimeSchedule,
  runtimeSchedule,
} from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import type { Caller } from '../http/access.ts';
import { bodyOf, noBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { etagOf } from '../rest-apis/if-match.ts';
import { Releases } from './releases.service.ts';
import { RuntimeSchedules } from './runtime-schedules.service.ts';
import { Runtimes } from './runtimes.service.ts';

@Controller(['', 'api/management/v1'])
export class RuntimesController {
  readonly #releases: Releases;
  readonly #runtimes: Runtimes;
  readonly #schedules: RuntimeSchedules;

  constructor(
    @Inject(Releases) releases: Releases,
    @Inject(Runtimes) runtimes: Runtimes,
    @Inject(RuntimeSchedules) schedules: RuntimeSchedules,
  ) {
    this.#releases = releases;
    this.#runtimes = runtimes;
    this.#schedules = schedules;
  }

  @Get('runtime-releases')
  async list() {
    const releases = await this.#releases.list();
    const { length } = releases;
    return { status: 'success', count: length, total: length, limit: length, offset: 0, releases };
  }

  @Post('runtime-releases')
  publish(@Body(bodyOf(releaseRequest)) request: ReleaseRequest, @CalledBy() { id: by }: Caller) {
    return this.#releases.publish(request, by);
  }

  @Get('gateways/:id/runtime')
  read(@Param('id') id: string) {
    return this.#runtimes.answer(id);
  }

  @Post('gateways/:id/runtime/apply')
  @HttpCode(202)
  apply(@Param('id') id: string, @Body(bodyOf(runtimeApply, {})) request: RuntimeApply, @CalledBy() { id: by }: Caller) {
    return this.#runtimes.apply(id, request, by);
  }

  @Post('gateways/:id/runtime/rollback')
  @HttpCode(202)
  rollback(@Body(noBody) _: object, @Param('id') id: string, @CalledBy() { id: by }: Caller) {
    return this.#runtimes.rollback(id, by);
  }

  @Get('gateways/:id/runtime/schedule')
  async schedule(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const answer = await this.#schedules.read(id);
    reply.header('ETag', etagOf(answer.revision));
    return answer;
  }

  @Put('gateways/:id/runtime/schedule')
  async setSchedule(
    @Param('id') id: string,
    @Body(bodyOf(runtimeSchedule)) schedule: RuntimeSchedule,
    @CalledBy() { id: by }: Caller,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const answer = await this.#schedules.write(id, schedule, by, ifMatch);
    reply.header('ETag', etagOf(answer.revision));
    return answer;
  }

  @Delete('gateways/:id/runtime/schedule')
  @HttpCode(200)
  deleteSchedule(@Param('id') id: string, @CalledBy() { id: by }: Caller) {
    return this.#schedules.write(id, { scheduleType: 'NEVER' }, by, undefined);
  }
}

import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { logRequest, type LogRequest } from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import type { Caller } from '../http/access.ts';
import { bodyOf } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { LogRequests } from './log-requests.service.ts';

@Controller(['gateways/:id/log-requests', 'api/management/v1/gateways/:id/log-requests'])
export class LogRequestsController {
  readonly #requests: LogRequests;

  constructor(@Inject(LogRequests) requests: LogRequests) {
    this.#requests = requests;
  }

  @Post()
  @HttpCode(202)
  async create(
    @Param('id') id: string,
    @Body(bodyOf(logRequest, {})) request: LogRequest,
    @CalledBy() { id: by }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const created = await this.#requests.create(id, request, by);
    reply.header('Location', `/gateways/${encodeURIComponent(id)}/log-requests/${created.id}`);
    return created;
  }

  @Get(':requestId')
  one(@Param('id') id: string, @Param('requestId') requestId: string) {
    return this.#requests.one(id, requestId);
  }

  @Get(':requestId/content')
  async content(
    @Param('id') id: string,
    @Param('requestId') requestId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const { fileName, zip } = await this.#requests.content(id, requestId);
    reply.header('Content-Type', 'application/zip').header('Content-Disposition', `attachment; filename="${fileName}"`);
    return zip;
  }
}

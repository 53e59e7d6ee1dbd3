import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  type PipeTransform,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import {
  type Secret,
  type SecretList,
  type SecretListQuery,
  secretListQuery,
  type SecretRequest,
} from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import type { Caller } from '../http/access.ts';
import { badRequest } from '../http/api-error.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { etagOf } from '../rest-apis/if-match.ts';
import { Receipts } from '../rest-apis/receipts.ts';
import { secretAnswer, secretItemAnswer } from './secret-answer.ts';
import { secretBody } from './secret-body.ts';
import { SecretsService } from './secrets.service.ts';

const shortId: PipeTransform<string, string> = {
  transform(id) {
    if (id.length > 255) throw badRequest('invalid_parameter', 'Secret ID too long (max 255 characters)');
    return id;
  },
};

@Controller(['secrets', 'api/management/v1/secrets'])
export class SecretsController {
  readonly #secrets: SecretsService;
  readonly #receipts: Receipts;

  constructor(@Inject(SecretsService) secrets: SecretsService, @Inject(Receipts) receipts: Receipts) {
    this.#secrets = secrets;
    this.#receipts = receipts;
  }

  @Get()
  async list(@Query(queryOf(secretListQuery)) query: SecretListQuery): Promise<SecretList> {
    const { secrets: rows, total, limit, offset } = await this.#secrets.list(query);
    return { status: 'success', count: rows.length, total, limit, offset, secrets: rows.map(secretItemAnswer) };
  }

  @Post()
  async create(
    @Body(secretBody) request: SecretRequest,
    @CalledBy() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Secret> {
    const row = await this.#secrets.create(request, caller.id);
    reply.header('Location', `${reply.request.routeOptions.url}/${encodeURIComponent(row.name)}`);
    reply.header('ETag', etagOf(row.generation));
    return secretAnswer(row);
  }

  @Get(':id')
  async one(@Param('id', shortId) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<Secret> {
    const { secret, usedBy } = await this.#secrets.one(id);
    reply.header('ETag', etagOf(secret.generation));
    return secretAnswer(secret, { usedBy });
  }

  @Put(':id')
  async update(
    @Param('id', shortId) id: string,
    @Body(secretBody) request: SecretRequest,
    @Headers('if-match') ifMatch: string | undefined,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Secret> {
    const written = await this.#secrets.update(id, request, ifMatch);
    const propagation = await this.#receipts.programmed(written, wait);
    reply.header('ETag', etagOf(written.result.generation));
    return secretAnswer(written.result, propagation === null ? {} : { propagation });
  }

  @Delete(':id')
  @HttpCode(200)
  async remove(@Param('id', shortId) id: string, @Headers('if-match') ifMatch: string | undefined): Promise<void> {
    await this.#secrets.remove(id, ifMatch);
  }
}

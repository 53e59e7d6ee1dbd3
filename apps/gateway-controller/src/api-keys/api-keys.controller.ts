import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Query, Res } from '@nestjs/common';
import {
  type ApiKeyListQuery,
  apiKeyListQuery,
  type ApiKeyRegeneration,
  apiKeyRegeneration,
  type ApiKeyReleased,
  type ApiKeyRequest,
  apiKeyRequest,
  type ApiKeyUpdate,
  apiKeyUpdate,
  type ApiKeyUpdated,
} from '@tidegate/management-api';

import type { FastifyReply } from 'fastify';

import type { Caller } from '../http/access.ts';
import { bodyOf, noBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { etagOf } from '../rest-apis/if-match.ts';
import { Receipts } from '../rest-apis/receipts.ts';
import { ApiKeysService } from './api-keys.service.ts';
import { createdKeyAnswer, keyItem, listedKeysAnswer } from './key-answer.ts';
import { KeyRotationService } from './key-rotation.service.ts';

@Controller(['rest-apis/:id/api-keys', 'api/management/v1/rest-apis/:id/api-keys'])
export class ApiKeysController {
  readonly #keys: ApiKeysService;
  readonly #rotation: KeyRotationService;
  readonly #receipts: Receipts;

  constructor(
    @Inject(ApiKeysService) keys: ApiKeysService,
    @Inject(KeyRotationService) rotation: KeyRotationService,
    @Inject(Receipts) receipts: Receipts,
  ) {
    this.#keys = keys;
    this.#rotation = rotation;
    this.#receipts = receipts;
  }

  @Post()
  async create(
    @Param('id') id: string,
    @Body(bodyOf(apiKeyRequest)) request: ApiKeyRequest,
    @CalledBy() caller: Caller,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const api = await this.#keys.apiOf(id);
    const written = await this.#keys.create(api, request, caller);
    reply.header('ETag', etagOf(written.result.key.generation));
    const propagation = await this.#receipts.after(written, wait, api.id);
    return createdKeyAnswer({ ...written.result, apiHandle: api.handle, propagation });
  }

  @Get()
  async list(@Param('id') id: string, @Query(queryOf(apiKeyListQuery)) query: ApiKeyListQuery, @CalledBy() caller: Caller) {
    const api = await this.#keys.apiOf(id);
    return listedKeysAnswer(await this.#keys.list(api, caller, query), api.handle, new Date());
  }

  @Put(':key')
  async update(
    @Param('id') id: string,
    @Param('key') key: string,
    @Body(bodyOf(apiKeyUpdate)) request: ApiKeyUpdate,
    @Headers('if-match') ifMatch: string | undefined,
    @CalledBy() caller: Caller,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiKeyUpdated> {
    const api = await this.#keys.apiOf(id);
    const written = await this.#rotation.update(api, key, request, { caller, ifMatch });
    reply.header('ETag', etagOf(written.result.generation));
    const propagation = await this.#receipts.after(written, wait, api.id);
    return {
      status: 'success',
      message: 'API key updated successfully',
      apiKey: keyItem(written.result, api.handle, new Date()),
      ...(propagation === null ? {} : { propagation }),
    };
  }

  @Post(':key/regenerate')
  @HttpCode(200)
  async regenerate(
    @Param('id') id: string,
    @Param('key') key: string,
    @Body(bodyOf(apiKeyRegeneration)) request: ApiKeyRegeneration,
    @Headers('if-match') ifMatch: string | undefined,
    @CalledBy() caller: Caller,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const api = await this.#keys.apiOf(id);
    const written = await this.#rotation.regenerate(api, key, request, { caller, ifMatch });
    reply.header('ETag', etagOf(written.result.key.generation));
    const propagation = await this.#receipts.after(written, wait, api.id);
    return createdKeyAnswer({ ...written.result, apiHandle: api.handle, propagation });
  }

  @Delete(':key')
  @HttpCode(200)
  async revoke(
    @Param('id') id: string,
    @Param('key') key: string,
    @Headers('if-match') ifMatch: string | undefined,
    @CalledBy() caller: Caller,
    @WaitFor() wait: Wait | null,
  ) {
    const api = await this.#keys.apiOf(id);
    const written = await this.#keys.revoke(api, key, caller, ifMatch);
    const propagation = await this.#receipts.after(written, wait, api.id);
    return { status: 'success', message: 'API key revoked successfully', propagation: propagation ?? undefined };
  }

  @Post(':key/release')
  @HttpCode(200)
  async release(
    @Param('id') id: string,
    @Param('key') key: string,
    @Body(noBody) _: object,
    @WaitFor() wait: Wait | null,
  ): Promise<ApiKeyReleased> {
    const api = await this.#keys.apiOf(id);
    const written = await this.#keys.release(api, key);
    const propagation = await this.#receipts.after(written, wait, api.id);
    return {
      status: 'success',
      message: 'API key released successfully',
      apiKey: keyItem(written.result, api.handle, new Date()),
      ...(propagation === null ? {} : { propagation }),
    };
  }
}

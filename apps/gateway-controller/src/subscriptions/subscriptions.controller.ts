import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Query, Res } from '@nestjs/common';
import {
  type Subscription,
  type SubscriptionList,
  type SubscriptionListQuery,
  subscriptionListQuery,
  type SubscriptionPatch,
  subscriptionPatch,
  type SubscriptionRequest,
  subscriptionRequest,
} from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import type { Written } from '../change-log/gateway-writer.ts';
import type { ControllerConfig } from '../config.ts';
import type { Caller } from '../http/access.ts';
import { bodyOf } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { etagOf } from '../rest-apis/if-match.ts';
import { Receipts } from '../rest-apis/receipts.ts';
import { CONFIG } from '../settings.module.ts';
import { subscriptionAnswer } from './subscription-answer.ts';
import type { SubscriptionFacts } from './subscriptions.repository.ts';
import { SubscriptionsService } from './subscriptions.service.ts';

@Controller(['subscriptions', 'api/management/v1/subscriptions'])
export class SubscriptionsController {
  readonly #subscriptions: SubscriptionsService;
  readonly #receipts: Receipts;
  readonly #gatewayId: string;

  constructor(
    @Inject(SubscriptionsService) subscriptions: SubscriptionsService,
    @Inject(Receipts) receipts: Receipts,
    @Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>,
  ) {
    this.#subscriptions = subscriptions;
    this.#receipts = receipts;
    this.#gatewayId = controller.server.gateway_id;
  }

  @Get()
  async list(@Query(queryOf(subscriptionListQuery)) query: SubscriptionListQuery): Promise<SubscriptionList> {
    const { subscriptions: rows, total, limit, offset } = await this.#subscriptions.list(query);
    const shown = { gatewayId: this.#gatewayId, now: new Date() };
    const subscriptions = rows.map((row) => subscriptionAnswer(row, shown));
    return { status: 'success', count: rows.length, total, limit, offset, subscriptions };
  }

  @Post()
  async create(
    @Body(bodyOf(subscriptionRequest)) request: SubscriptionRequest,
    @CalledBy() caller: Caller,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Subscription> {
    const written = await this.#subscriptions.create(request, caller.id);
    reply.header('Location', `${reply.request.routeOptions.url}/${written.result.id}`);
    return { ...(await this.#written(written, wait, reply)), subscriptionToken: request.subscriptionToken };
  }

  @Get(':subscriptionId')
  async one(@Param('subscriptionId') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<Subscription> {
    const found = await this.#subscriptions.one(id);
    reply.header('ETag', etagOf(found.generation));
    return subscriptionAnswer(found, { gatewayId: this.#gatewayId, now: new Date() });
  }

  @Put(':subscriptionId')
  async update(
    @Param('subscriptionId') id: string,
    @Body(bodyOf(subscriptionPatch)) { status }: SubscriptionPatch,
    @Headers('if-match') ifMatch: string | undefined,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Subscription> {
    return this.#written(await this.#subscriptions.setStatus(id, status, ifMatch), wait, reply);
  }

  @Delete(':subscriptionId')
  @HttpCode(204)
  async remove(
    @Param('subscriptionId') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @WaitFor() wait: Wait | null,
  ): Promise<void> {
    await this.#receipts.programmed(await this.#subscriptions.remove(id, ifMatch), wait);
  }

  async #written(written: Written<SubscriptionFacts>, wait: Wait | null, reply: FastifyReply): Promise<Subscription> {
    const propagation = await this.#receipts.programmed(written, wait);
    reply.header('ETag', etagOf(written.result.generation));
    return subscriptionAnswer(written.result, { gatewayId: this.#gatewayId, now: new Date(), propagation });
  }
}

import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Query, Res } from '@nestjs/common';
import {
  type SubscriptionPlan,
  type SubscriptionPlanList,
  type SubscriptionPlanListQuery,
  subscriptionPlanListQuery,
  type SubscriptionPlanPatch,
  subscriptionPlanPatch,
  type SubscriptionPlanRequest,
  subscriptionPlanRequest,
} from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import type { ControllerConfig } from '../config.ts';
import type { Caller } from '../http/access.ts';
import { bodyOf } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { etagOf } from '../rest-apis/if-match.ts';
import { Receipts } from '../rest-apis/receipts.ts';
import { CONFIG } from '../settings.module.ts';
import { planAnswer } from './plan-answer.ts';
import type { PlanRow } from './subscription-plans.repository.ts';
import { SubscriptionPlansService } from './subscription-plans.service.ts';

@Controller(['subscription-plans', 'api/management/v1/subscription-plans'])
export class SubscriptionPlansController {
  readonly #plans: SubscriptionPlansService;
  readonly #receipts: Receipts;
  readonly #gatewayId: string;

  constructor(
    @Inject(SubscriptionPlansService) plans: SubscriptionPlansService,
    @Inject(Receipts) receipts: Receipts,
    @Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>,
  ) {
    this.#plans = plans;
    this.#receipts = receipts;
    this.#gatewayId = controller.server.gateway_id;
  }

  @Get()
  async list(@Query(queryOf(subscriptionPlanListQuery)) query: SubscriptionPlanListQuery): Promise<SubscriptionPlanList> {
    const { plans, total, limit, offset } = await this.#plans.list(query);
    const subscriptionPlans = plans.map((plan) => planAnswer(plan, this.#gatewayId));
    return { status: 'success', count: plans.length, total, limit, offset, subscriptionPlans };
  }

  @Post()
  async create(
    @Body(bodyOf(subscriptionPlanRequest)) request: SubscriptionPlanRequest,
    @CalledBy() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SubscriptionPlan> {
    const plan = await this.#plans.create(request, caller.id);
    reply.header('Location', `${reply.request.routeOptions.url}/${plan.id}`);
    return this.#answer(plan, reply);
  }

  @Get(':planId')
  async one(@Param('planId') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<SubscriptionPlan> {
    return this.#answer(await this.#plans.one(id), reply);
  }

  @Put(':planId')
  async update(
    @Param('planId') id: string,
    @Body(bodyOf(subscriptionPlanPatch)) patch: SubscriptionPlanPatch,
    @Headers('if-match') ifMatch: string | undefined,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SubscriptionPlan> {
    const written = await this.#plans.update(id, patch, ifMatch);
    reply.header('ETag', etagOf(written.result.generation));
    return planAnswer(written.result, this.#gatewayId, await this.#receipts.programmed(written, wait));
  }

  @Delete(':planId')
  @HttpCode(204)
  async remove(@Param('planId') id: string, @Headers('if-match') ifMatch: string | undefined): Promise<void> {
    await this.#plans.remove(id, ifMatch);
  }

  #answer(plan: PlanRow, reply: FastifyReply): SubscriptionPlan {
    reply.header('ETag', etagOf(plan.generation));
    return planAnswer(plan, this.#gatewayId);
  }
}

import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { SubscriptionPlanListQuery, SubscriptionPlanPatch, SubscriptionPlanRequest } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { GatewayWriter, type Written } from '../change-log/gateway-writer.ts';
import { writeReaching } from '../change-log/write-reaching.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { type ApiError, badRequest, conflict, notFound } from '../http/api-error.ts';
import { UNIQUE_VIOLATION } from '../rest-apis/conflicts.ts';
import { refuseUnlessMatching } from '../rest-apis/if-match.ts';
import { planChanges, reachOfPlan } from './subscription-entries.ts';
import {
  apisOnPlan,
  deletePlan,
  findPlan,
  listPlans,
  lockPlan,
  type PlanRow,
  storePlan,
} from './subscription-plans.repository.ts';

/** What subscribers may ask for. A plan travels within its subscriptions, so its changes reach the gateways that serve those. */
@Injectable()
export class SubscriptionPlansService {
  readonly #db: Db;
  readonly #writer: GatewayWriter;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(GatewayWriter) writer: GatewayWriter) {
    this.#db = dataSource.manager;
    this.#writer = writer;
  }

  async list(query: SubscriptionPlanListQuery) {
    return { ...(await listPlans(this.#db, query)), limit: query.limit, offset: query.offset };
  }

  /** @throws ApiError 404 */
  async one(id: string): Promise<PlanRow> {
    const plan = await findPlan(this.#db, id);
    if (plan === null) throw unknownPlan();
    return plan;
  }

  /** @throws ApiError 409 for a taken name */
  async create(request: SubscriptionPlanRequest, by: string): Promise<PlanRow> {
    const plan = newPlan(request, by);
    try {
      await storePlan(this.#db, plan);
    } catch (error) {
      throw nameTaken(error, plan.name) ?? error;
    }
    return plan;
  }

  /** What is not said stays. @throws ApiError 400, 404, 409, 412 */
  async update(id: string, patch: SubscriptionPlanPatch, ifMatch: string | undefined): Promise<Written<PlanRow>> {
    const { id: planId, name } = await this.one(id);
    try {
      return await writeReaching({ db: this.#db, writer: this.#writer }, reachOfPlan(planId), async (tx, reached) => {
        const locked = await this.#locked(tx, planId, ifMatch);
        await reached();
        const plan = patched(locked, patch);
        await storePlan(tx, plan);
        return { result: plan, changes: await planChanges(tx, planId) };
      });
    } catch (error) {
      throw nameTaken(error, patch.planName ?? name) ?? error;
    }
  }

  /** @throws ApiError 404, 409 while subscriptions have it, 412 */
  async remove(id: string, ifMatch: string | undefined): Promise<void> {
    const { id: planId } = await this.one(id);
    // No subscription, no gateway that knows it.
    await this.#writer.write([], async (tx) => {
      const plan = await this.#locked(tx, planId, ifMatch);
      const users = await apisOnPlan(tx, planId, NAMED_MAX);
      if (users.length > 0) throw planInUse(plan, users);
      await deletePlan(tx, planId);
      return { result: undefined, changes: [] };
    });
  }

  async #locked(tx: Db, planId: string, ifMatch: string | undefined): Promise<PlanRow> {
    const locked = await lockPlan(tx, planId);
    if (locked === null) throw unknownPlan();
    if (locked.origin === 'control_plane') throw planOwnedElsewhere(locked);
    refuseUnlessMatching(ifMatch, locked.generation, 'The plan');
    return locked;
  }
}

/** So many users are named in a refusal */
const NAMED_MAX = 10;

function newPlan(request: SubscriptionPlanRequest, createdBy: string): PlanRow {
  const now = new Date();
  const { planName: name, stopOnQuotaReach, status } = request;
  const made = { id: randomUUID(), origin: 'gateway_api' as const, generation: 1, createdBy, createdAt: now, updatedAt: now };
  return {
    ...made,
    name,
    stopOnQuotaReach,
    status,
    billingPlan: request.billingPlan ?? null,
    throttleLimitCount: request.throttleLimitCount ?? null,
    throttleLimitUnit: request.throttleLimitUnit ?? null,
    expiresAt: request.expiryTime === undefined ? null : new Date(request.expiryTime),
    subscriptionCount: 0,
  };
}

function patched(plan: PlanRow, patch: SubscriptionPlanPatch): PlanRow {
  const { planName, billingPlan, stopOnQuotaReach, throttleLimitCount, throttleLimitUnit, expiryTime, status } = patch;
  const next: PlanRow = {
    ...plan,
    name: planName ?? plan.name,
    billingPlan: billingPlan === undefined ? plan.billingPlan : billingPlan,
    stopOnQuotaReach: stopOnQuotaReach ?? plan.stopOnQuotaReach,
    throttleLimitCount: throttleLimitCount === undefined ? plan.throttleLimitCount : throttleLimitCount,
    throttleLimitUnit: throttleLimitUnit === undefined ? plan.throttleLimitUnit : throttleLimitUnit,
    expiresAt: expiryTime === undefined ? plan.expiresAt : expiryTime === null ? null : new Date(expiryTime),
    status: status ?? plan.status,
    generation: plan.generation + 1,
    updatedAt: new Date(),
  };
  if ((next.throttleLimitCount === null) === (next.throttleLimitUnit === null)) return next;
  const message = 'throttleLimitCount and throttleLimitUnit must be provided together';
  throw badRequest('invalid_request', `Invalid request body: ${message}`, [
    { field: 'throttleLimitCount', code: 'invalid', message },
  ]);
}

function unknownPlan(): ApiError {
  return notFound('Subscription plan not found');
}

function planOwnedElsewhere({ name }: PlanRow): ApiError {
  return conflict('owned_by_control_plane', `Subscription plan '${name}' comes from the control plane and is changed only there`);
}

function planInUse({ name, subscriptionCount }: PlanRow, apis: readonly string[]): ApiError {
  return conflict(
    'plan_in_use',
    `Subscription plan '${name}' has ${subscriptionCount} subscriptions, to ${apis.join(', ')}; end them first, or make it INACTIVE`,
  );
}

function nameTaken(error: unknown, name: string): ApiError | null {
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  if (code !== UNIQUE_VIOLATION || constraint !== 'subscription_plan_name') return null;
  const message = `Subscription plan already exists: there is one with the name '${name}'`;
  return conflict('duplicate_plan_name', message, [{ field: 'planName', code: 'duplicate', message }]);
}

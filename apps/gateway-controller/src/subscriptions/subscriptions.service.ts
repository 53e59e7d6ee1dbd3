import { hash, randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { SubscriptionListQuery, SubscriptionRequest } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { type GatewayChange, GatewayWriter, type Written } from '../change-log/gateway-writer.ts';
import { writeReaching } from '../change-log/write-reaching.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { type ApiError, badRequest, conflict, notFound } from '../http/api-error.ts';
import { UNIQUE_VIOLATION } from '../rest-apis/conflicts.ts';
import { refuseUnlessMatching } from '../rest-apis/if-match.ts';
import { type ApiRow, findApi, lockApi } from '../rest-apis/rest-apis.repository.ts';
import { reachOfApis, subscriptionChanges } from './subscription-entries.ts';
import { keepPlan, type PlanRow } from './subscription-plans.repository.ts';
import {
  deleteSubscription,
  findSubscription,
  insertSubscription,
  listSubscriptions,
  lockSubscription,
  type SubscriptionFacts,
  type SubscriptionRow,
  updateSubscription,
} from './subscriptions.repository.ts';

/** Who may use an API under which plan. They travel to every gateway that serves it, on the same counter as its routes. */
@Injectable()
export class SubscriptionsService {
  readonly #db: Db;
  readonly #writer: GatewayWriter;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(GatewayWriter) writer: GatewayWriter) {
    this.#db = dataSource.manager;
    this.#writer = writer;
  }

  async list(query: SubscriptionListQuery) {
    return { ...(await listSubscriptions(this.#db, query)), limit: query.limit, offset: query.offset };
  }

  /** @throws ApiError 404 */
  async one(id: string): Promise<SubscriptionFacts> {
    const found = await findSubscription(this.#db, id);
    if (found === null) throw unknownSubscription();
    return found;
  }

  /** @throws ApiError 400 for a plan that cannot be had, 404 for an unknown API, 409 for a token the API knows already */
  async create(request: SubscriptionRequest, by: string): Promise<Written<SubscriptionFacts>> {
    const api = await findApi(this.#db, request.apiId);
    if (api === null) throw unknownApi(request.apiId);
    const row = newSubscription(request, api, by);
    try {
      return await writeReaching({ db: this.#db, writer: this.#writer }, reachOfApis(api.id), async (tx, reached) => {
        const locked = await lockApi(tx, api.id);
        if (locked === null) throw unknownApi(request.apiId);
        const gatewayIds = await reached();
        const plan = row.planId === null ? null : await planFor(tx, row.planId, locked);
        await insertSubscription(tx, { ...row, planId: plan?.id ?? null }, hash('sha256', request.subscriptionToken, 'buffer'));
        return { result: await factsOf(tx, row.id), changes: subscriptionChanges(gatewayIds, row.id) };
      });
    } catch (error) {
      throw tokenTaken(error, api) ?? error;
    }
  }

  /** @throws ApiError 404, 409 for one of the control plane, 412 */
  async setStatus(
    id: string,
    status: SubscriptionRow['status'],
    ifMatch: string | undefined,
  ): Promise<Written<SubscriptionFacts>> {
    return this.#change(id, ifMatch, async (tx, row, gatewayIds) => {
      await updateSubscription(tx, { ...row, status, generation: row.generation + 1, updatedAt: new Date() }, null);
      return { result: await factsOf(tx, row.id), changes: subscriptionChanges(gatewayIds, row.id) };
    });
  }

  /** @throws ApiError 404, 409 for one of the control plane, 412 */
  async remove(id: string, ifMatch: string | undefined): Promise<Written<SubscriptionRow>> {
    return this.#change(id, ifMatch, async (tx, row, gatewayIds) => {
      await deleteSubscription(tx, row.id);
      return { result: row, changes: subscriptionChanges(gatewayIds, row.id) };
    });
  }

  async #change<T>(
    id: string,
    ifMatch: string | undefined,
    work: (tx: Db, row: SubscriptionRow, gatewayIds: readonly string[]) => Promise<{ result: T; changes: GatewayChange[] }>,
  ): Promise<Written<T>> {
    const { id: subscriptionId, apiId } = await this.one(id);
    return writeReaching({ db: this.#db, writer: this.#writer }, reachOfApis(apiId), async (tx, reached) => {
      if ((await lockApi(tx, apiId)) === null) throw unknownSubscription();
      const gatewayIds = await reached();
      const row = await lockSubscription(tx, subscriptionId);
      if (row === null) throw unknownSubscription();
      if (row.origin === 'control_plane') throw ownedElsewhere();
      refuseUnlessMatching(ifMatch, row.generation, 'The subscription');
      return work(tx, row, gatewayIds);
    });
  }
}

async function factsOf(tx: Db, id: string): Promise<SubscriptionFacts> {
  return (await findSubscription(tx, id)) as SubscriptionFacts; // locked or made by the caller
}

function newSubscription(request: SubscriptionRequest, { id: apiId }: ApiRow, createdBy: string): SubscriptionRow {
  const now = new Date();
  return {
    id: randomUUID(),
    apiId,
    applicationId: request.applicationId ?? null,
    planId: request.subscriptionPlanId ?? null,
    billingCustomerId: request.billingCustomerId ?? null,
    billingSubscriptionId: request.billingSubscriptionId ?? null,
    status: request.status,
    origin: 'gateway_api',
    generation: 1,
    createdBy,
    createdAt: now,
    updatedAt: now,
  };
}

/** The plan stays as it is until the commit. An API that names plans may be had under those alone; case does not count. */
async function planFor(tx: Db, planId: string, { document }: ApiRow): Promise<PlanRow> {
  const plan = await keepPlan(tx, planId);
  if (plan === null) throw badPlan('Subscription plan not found or not enabled');
  if (plan.status !== 'ACTIVE') throw badPlan('Subscription plan is not active');
  const offered = document.spec.subscriptionPlans ?? [];
  if (offered.length > 0 && !offered.some((name) => name.toLowerCase() === plan.name.toLowerCase()))
    throw badPlan(`Subscription plan "${plan.name}" is not enabled for this API`);
  return plan;
}

function badPlan(message: string): ApiError {
  return badRequest('invalid_plan', message, [{ field: 'subscriptionPlanId', code: 'invalid_plan', message }]);
}

function unknownApi(id: string): ApiError {
  return notFound(`RestAPI with identifier '${id}' not found`);
}

function unknownSubscription(): ApiError {
  return notFound('Subscription not found');
}

function ownedElsewhere(): ApiError {
  return conflict('owned_by_control_plane', 'The subscription comes from the control plane and is changed only there');
}

function tokenTaken(error: unknown, { handle }: ApiRow): ApiError | null {
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  if (code !== UNIQUE_VIOLATION || constraint !== 'subscription_token') return null;
  const message = `A subscription to API '${handle}' with this token exists already`;
  return conflict('duplicate_token', message, [{ field: 'subscriptionToken', code: 'duplicate', message }]);
}

import type { Propagation, SubscriptionPlan } from '@tidegate/management-api';

import type { PlanRow } from './subscription-plans.repository.ts';

/** A plan as the contract shows it: what it does not have is left out. */
export function planAnswer(plan: PlanRow, gatewayId: string, propagation: Propagation | null = null): SubscriptionPlan {
  return {
    id: plan.id,
    planName: plan.name,
    ...(plan.billingPlan === null ? {} : { billingPlan: plan.billingPlan }),
    stopOnQuotaReach: plan.stopOnQuotaReach,
    ...(plan.throttleLimitCount === null ? {} : { throttleLimitCount: plan.throttleLimitCount }),
    ...(plan.throttleLimitUnit === null ? {} : { throttleLimitUnit: plan.throttleLimitUnit }),
    ...(plan.expiresAt === null ? {} : { expiryTime: plan.expiresAt.toISOString() }),
    gatewayId,
    status: plan.status,
    origin: plan.origin,
    generation: plan.generation,
    subscriptionCount: plan.subscriptionCount,
    createdAt: plan.createdAt.toISOString(),
    updatedAt: plan.updatedAt.toISOString(),
    ...(propagation === null ? {} : { propagation }),
  };
}

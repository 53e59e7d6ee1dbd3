import type { Propagation, Subscription } from '@tidegate/management-api';

import type { SubscriptionFacts } from './subscriptions.repository.ts';

interface Beside {
  readonly gatewayId: string;
  readonly now: Date;
  readonly propagation?: Propagation | null;
}

/** A subscription as the contract shows it: what it does not have is left out. */
export function subscriptionAnswer(row: SubscriptionFacts, { gatewayId, now, propagation }: Beside): Subscription {
  return {
    id: row.id,
    apiId: row.apiId,
    apiHandle: row.apiHandle,
    ...(row.applicationId === null ? {} : { applicationId: row.applicationId }),
    ...(row.planId === null ? {} : { subscriptionPlanId: row.planId }),
    ...(row.planName === null ? {} : { subscriptionPlanName: row.planName }),
    ...(row.billingCustomerId === null ? {} : { billingCustomerId: row.billingCustomerId }),
    ...(row.billingSubscriptionId === null ? {} : { billingSubscriptionId: row.billingSubscriptionId }),
    gatewayId,
    status: row.status,
    effective: effectiveStatus(row, now),
    origin: row.origin,
    generation: row.generation,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    ...(propagation === null || propagation === undefined ? {} : { propagation }),
  };
}

function effectiveStatus({ status, planStatus, planExpiresAt }: SubscriptionFacts, now: Date): Subscription['effective'] {
  if (status !== 'ACTIVE') return status;
  if (planStatus === 'INACTIVE') return 'PLAN_INACTIVE';
  return planExpiresAt !== null && planExpiresAt <= now ? 'PLAN_EXPIRED' : 'ACTIVE';
}

import { Subscription } from '@tidegate/gateway-ir';

import type { StoredSubscription } from './stored-rows.ts';

/** WSO2's months have 30 days. */
const WINDOW_MS = { Min: 60_000, Hour: 3_600_000, Day: 86_400_000, Month: 30 * 86_400_000 };

/** A subscription as it travels. Equal subscriptions give equal bytes. */
export function encodeSubscription(subscription: StoredSubscription): Buffer {
  const { limitUnit } = subscription;
  const message = Subscription.fromPartial({
    id: subscription.id,
    apiId: subscription.apiId,
    applicationId: subscription.applicationId ?? '',
    digest: { value: subscription.digest },
    planName: subscription.planName ?? '',
    limitCount: subscription.limitCount ?? 0,
    limitUnit: limitUnit ?? '',
    limitWindowMs: limitUnit === null ? 0 : WINDOW_MS[limitUnit],
    stopOnQuotaReach: subscription.stopOnQuotaReach ?? false,
    expiresAtMs: subscription.expiresAtMs ?? 0,
    billingCustomerId: subscription.billingCustomerId ?? '',
    billingSubscriptionId: subscription.billingSubscriptionId ?? '',
  });
  return Buffer.from(Subscription.encode(message).finish());
}

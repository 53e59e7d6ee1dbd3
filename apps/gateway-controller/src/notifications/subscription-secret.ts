import { hkdfSync } from 'node:crypto';

import type { Secret } from '@tidegate/process';

/**
 * What signs the webhooks of a subscription: derived from the installation's key and the subscription's id whenever it is needed, so that
 * it is stored nowhere, and no two subscriptions share one.
 */
export function subscriptionSecret(key: Secret, subscriptionId: string): string {
  const derived = hkdfSync('sha256', key.reveal(), '', `tidegate/notification-subscription/${subscriptionId}`, 32);
  return `whsec_${Buffer.from(derived).toString('base64url')}`;
}

import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { headerName } from '../header-fields.ts';

export type SubscriptionValidationParams = z.infer<typeof params>;

const params = z.strictObject({
  subscriptionKeyHeader: headerName.default('Subscription-Key').describe('Header that carries the subscription token'),
  subscriptionKeyCookie: z
    .string()
    .max(128)
    .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]*$/, 'a cookie name')
    .default('')
    .describe('Cookie that carries it when there is no such header; "" = none'),
});

export const subscriptionValidation = definePolicy<SubscriptionValidationParams>({
  name: 'subscription-validation',
  version: 'v1',
  fullVersion: '1.0.3',
  displayName: 'Subscription validation',
  description: 'Lets a request pass only under a live subscription to the API, within the quota of its plan.',
  category: 'authentication',
  phases: ['request-headers'],
  sharedSettings: 'ratelimit',
  params,
});

import { z } from 'zod';

import { listOf, paging } from './lists.ts';
import { propagation } from './propagation.ts';

export type Subscription = z.infer<typeof subscription>;
export type SubscriptionList = z.infer<typeof subscriptionList>;
export type SubscriptionListQuery = z.output<typeof subscriptionListQuery>;
export type SubscriptionPatch = z.output<typeof subscriptionPatch>;
export type SubscriptionRequest = z.output<typeof subscriptionRequest>;

const STATUSES = ['ACTIVE', 'INACTIVE', 'REVOKED'] as const;

const status = z.enum(STATUSES, { error: ({ input }) => `invalid status: ${typeof input === 'string' ? input : typeof input}` });

/** It travels in a header or cookie: visible ASCII. */
const token = z
  .string('subscriptionToken is required')
  .trim()
  .min(1, 'subscriptionToken is required')
  .max(1024, 'subscriptionToken must be at most 1024 characters')
  .regex(/^[\x21-\x7e]*$/, 'subscriptionToken must be visible ASCII characters without spaces');

const word = z.string().trim().min(1).max(255);

/** POST /subscriptions */
export const subscriptionRequest = z.strictObject({
  apiId: z.string('apiId is required').min(1, 'apiId is required').max(255).describe('Handle or uuid of the API'),
  subscriptionToken: token,
  applicationId: word.optional(),
  subscriptionPlanId: word.optional(),
  billingCustomerId: word.optional(),
  billingSubscriptionId: word.optional(),
  status: status.default('ACTIVE'),
});

/** PUT /subscriptions/{id}: nothing else of a subscription changes. */
export const subscriptionPatch = z.strictObject({ status });

/** Without what the subscription does not have. The token is in the answer to the POST alone. */
export const subscription = z.object({
  id: z.uuid(),
  apiId: z.uuid(),
  apiHandle: z.string(),
  applicationId: z.string().optional(),
  subscriptionToken: z.string().optional(),
  subscriptionPlanId: z.uuid().optional(),
  subscriptionPlanName: z.string().optional(),
  billingCustomerId: z.string().optional(),
  billingSubscriptionId: z.string().optional(),
  gatewayId: z.string().describe('controller.server.gateway_id'),
  status: z.enum(STATUSES),
  effective: z
    .enum(['ACTIVE', 'INACTIVE', 'REVOKED', 'PLAN_INACTIVE', 'PLAN_EXPIRED'])
    .describe('What routers make of it now: its own status, or what its plan makes of it'),
  origin: z.enum(['gateway_api', 'control_plane']),
  generation: z.int().min(1).describe('+1 per accepted write; the ETag'),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  propagation: propagation.optional(),
});

/** All filters must fit and are exact; an empty one filters nothing, an unknown value finds nothing. */
export const subscriptionListQuery = z.object({
  ...paging,
  apiId: z.string().optional().describe('Handle or uuid'),
  applicationId: z.string().optional(),
  subscriptionPlanId: z.string().optional(),
  status: z.string().optional(),
});

export const subscriptionList = listOf('subscriptions', subscription);

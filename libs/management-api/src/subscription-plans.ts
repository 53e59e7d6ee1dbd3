import { z } from 'zod';

import { listOf, paging } from './lists.ts';
import { propagation } from './propagation.ts';

export type SubscriptionPlan = z.infer<typeof subscriptionPlan>;
export type SubscriptionPlanList = z.infer<typeof subscriptionPlanList>;
export type SubscriptionPlanListQuery = z.output<typeof subscriptionPlanListQuery>;
export type SubscriptionPlanPatch = z.output<typeof subscriptionPlanPatch>;
export type SubscriptionPlanRequest = z.output<typeof subscriptionPlanRequest>;

/** WSO2's words for them; a month is 30 days. */
export const THROTTLE_UNITS = ['Min', 'Hour', 'Day', 'Month'] as const;

const PLAN_STATUSES = ['ACTIVE', 'INACTIVE'] as const;

/** 2^53 - 1 requests a minute are without limit. */
const count = z
  .int('throttleLimitCount must be a whole number')
  .positive('throttleLimitCount must be positive')
  .describe('Requests per throttleLimitUnit; the two go together');

const fields = {
  billingPlan: z.string().trim().min(1).max(255),
  stopOnQuotaReach: z
    .boolean('stopOnQuotaReach must be true or false')
    .describe('Refuse requests beyond the limit, or only count'),
  throttleLimitCount: count,
  throttleLimitUnit: z.enum(THROTTLE_UNITS, 'throttleLimitUnit must be one of: Day, Hour, Min, Month'),
  expiryTime: z.iso.datetime({ offset: true, error: 'expiryTime must be a time as RFC 3339 writes it' }),
  status: z.enum(PLAN_STATUSES, { error: ({ input }) => `invalid status: ${typeof input === 'string' ? input : typeof input}` }),
};

function planName(empty: string) {
  return z.string('planName is required').trim().min(1, empty).max(255, 'planName must be at most 255 characters');
}

/** POST /subscription-plans */
export const subscriptionPlanRequest = z
  .strictObject({
    planName: planName('planName is required'),
    billingPlan: fields.billingPlan.optional(),
    stopOnQuotaReach: fields.stopOnQuotaReach.default(true),
    throttleLimitCount: fields.throttleLimitCount.optional(),
    throttleLimitUnit: fields.throttleLimitUnit.optional(),
    expiryTime: fields.expiryTime.optional(),
    status: fields.status.default('ACTIVE'),
  })
  .refine((plan) => (plan.throttleLimitCount === undefined) === (plan.throttleLimitUnit === undefined), {
    path: ['throttleLimitCount'],
    message: 'throttleLimitCount and throttleLimitUnit must be provided together',
  });

/** PUT /subscription-plans/{id}: what is not said stays, `null` takes it away. */
export const subscriptionPlanPatch = z.strictObject({
  planName: planName('planName cannot be empty').optional(),
  billingPlan: fields.billingPlan.nullish(),
  stopOnQuotaReach: fields.stopOnQuotaReach.optional(),
  throttleLimitCount: fields.throttleLimitCount.nullish(),
  throttleLimitUnit: fields.throttleLimitUnit.nullish(),
  expiryTime: fields.expiryTime.nullish(),
  status: fields.status.optional(),
});

/** Without what the plan does not have. */
export const subscriptionPlan = z.object({
  id: z.uuid(),
  planName: z.string(),
  billingPlan: z.string().optional(),
  stopOnQuotaReach: z.boolean(),
  throttleLimitCount: z.int().positive().optional(),
  throttleLimitUnit: z.enum(THROTTLE_UNITS).optional(),
  expiryTime: z.iso.datetime().optional(),
  gatewayId: z.string().describe('controller.server.gateway_id'),
  status: z.enum(PLAN_STATUSES),
  origin: z.enum(['gateway_api', 'control_plane']),
  generation: z.int().min(1).describe('+1 per accepted write; the ETag'),
  subscriptionCount: z.int().min(0).describe('A plan that subscriptions have is not deleted'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  propagation: propagation.optional(),
});

/** All filters must fit; `search` is looked for in the name, in any case. */
export const subscriptionPlanListQuery = z.object({
  ...paging,
  status: z.string().optional(),
  search: z.string().max(200).optional(),
});

export const subscriptionPlanList = listOf('subscriptionPlans', subscriptionPlan);

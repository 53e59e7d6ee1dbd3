import { createHash } from 'node:crypto';

import { z } from 'zod';

/** What the control plane tells of subscriptions, plans and applications (reference §2.9). */
export type SubscriptionEvent =
  | {
      readonly kind: 'put-subscription';
      readonly remoteId: string;
      readonly id: string;
      readonly applicationId: string | null;
      readonly planId: string | null;
      readonly billingCustomerId: string | null;
      readonly billingSubscriptionId: string | null;
      readonly status: SubscriptionStatus;
      /** SHA-256 of the token */
      readonly digest: Buffer;
    }
  | {
      readonly kind: 'change-subscription';
      /** null = it stays with its API */
      readonly remoteId: string | null;
      readonly id: string;
      readonly applicationId: string | null;
      readonly planId: string | null;
      readonly status: SubscriptionStatus;
      /** null = its token stays */
      readonly digest: Buffer | null;
    }
  | { readonly kind: 'end-subscription'; readonly id: string }
  | { readonly kind: 'put-plan'; readonly plan: Plan }
  | { readonly kind: 'end-plan'; readonly id: string }
  | { readonly kind: 'put-application'; readonly application: Application };

type SubscriptionStatus = 'ACTIVE' | 'INACTIVE' | 'REVOKED';

interface Plan {
  readonly id: string;
  readonly name: string;
  readonly billingPlan: string | null;
  readonly stopOnQuotaReach: boolean;
  readonly throttleLimitCount: number | null;
  readonly throttleLimitUnit: 'Min' | 'Hour' | 'Day' | 'Month' | null;
  readonly expiresAt: Date | null;
  readonly status: 'ACTIVE' | 'INACTIVE';
}

interface Application {
  readonly id: string;
  readonly uuid: string;
  readonly name: string;
  readonly type: string;
  readonly keyUuids: readonly string[];
}

/** By type; each reads a payload. Extra fields are ignored, wrong ones refused. */
export const SUBSCRIPTION_READERS: ReadonlyMap<string, (payload: unknown) => z.ZodSafeParseResult<SubscriptionEvent>> = new Map([
  ['subscription.created', (payload: unknown) => created.safeParse(payload)],
  ['subscription.updated', (payload: unknown) => updated.safeParse(payload)],
  ['subscription.deleted', (payload: unknown) => ended.safeParse(payload)],
  ['subscriptionPlan.created', (payload: unknown) => plan.safeParse(payload)],
  ['subscriptionPlan.updated', (payload: unknown) => plan.safeParse(payload)],
  ['subscriptionPlan.deleted', (payload: unknown) => planEnded.safeParse(payload)],
  ['application.updated', (payload: unknown) => application.safeParse(payload)],
]);

const id = z.string().regex(/^[A-Za-z0-9._:-]{1,200}$/, 'must be 1 to 200 letters, digits and . _ : -');
const optionalId = id.nullish().transform((given) => given ?? null);
const optionalText = z
  .string()
  .max(200)
  .nullish()
  .transform((text) => (text === undefined || text === '' ? null : text));
const upperCase = z.string().transform((given) => given.toUpperCase());
const status = upperCase.pipe(z.enum(['ACTIVE', 'INACTIVE', 'REVOKED']));
const planStatus = upperCase.pipe(z.enum(['ACTIVE', 'INACTIVE']));

/** apim-sync sends the token's digest in its place; a token that comes as it is, is digested here. */
const token = z
  .union([
    z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }).transform(({ sha256 }) => Buffer.from(sha256, 'hex')),
    z
      .string()
      .min(1)
      .max(1000)
      .transform((given) => createHash('sha256').update(given).digest()),
  ])
  .describe('secret');

const created = z
  .object({
    apiId: id,
    subscriptionId: id,
    applicationId: optionalId,
    subscriptionToken: token,
    subscriptionPlanId: optionalId,
    status: status.default('ACTIVE'),
    billingCustomerId: optionalText,
    billingSubscriptionId: optionalText,
  })
  .transform(({ apiId, subscriptionId, subscriptionToken, subscriptionPlanId, ...rest }): SubscriptionEvent => {
    const named = { remoteId: apiId, id: subscriptionId, planId: subscriptionPlanId, digest: subscriptionToken };
    return { kind: 'put-subscription', ...rest, ...named };
  });

/** Absent application and plan clear what is stored, absent API and token keep it. */
const updated = z
  .object({
    apiId: optionalId,
    subscriptionId: id,
    applicationId: optionalId,
    subscriptionToken: token.nullish(),
    subscriptionPlanId: optionalId,
    status,
  })
  .transform(
    ({ apiId, subscriptionId, subscriptionToken, subscriptionPlanId, applicationId, status: said }): SubscriptionEvent => {
      const named = { remoteId: apiId, id: subscriptionId, applicationId, planId: subscriptionPlanId };
      return { kind: 'change-subscription', ...named, status: said, digest: subscriptionToken ?? null };
    },
  );

const ended = z
  .object({ subscriptionId: id })
  .transform(({ subscriptionId }): SubscriptionEvent => ({ kind: 'end-subscription', id: subscriptionId }));

const plan = z
  .object({
    planId: id,
    planName: z.string().min(1).max(200),
    billingPlan: optionalText,
    stopOnQuotaReach: z.boolean().default(true),
    throttleLimitCount: z.int().min(1).nullish(),
    throttleLimitUnit: z.enum(['Min', 'Hour', 'Day', 'Month']).nullish(),
    expiryTime: z
      .string()
      .max(64)
      .nullish()
      .refine((given) => !given || !Number.isNaN(Date.parse(given)), 'must be a time'),
    status: planStatus.default('ACTIVE'),
  })
  .transform(({ planId, planName, throttleLimitCount, throttleLimitUnit, expiryTime, ...rest }): SubscriptionEvent => {
    // Both or neither: a count without a unit limits nothing.
    const isLimited = typeof throttleLimitCount === 'number' && typeof throttleLimitUnit === 'string';
    const limit = {
      throttleLimitCount: isLimited ? throttleLimitCount : null,
      throttleLimitUnit: isLimited ? throttleLimitUnit : null,
    };
    return {
      kind: 'put-plan',
      plan: { ...rest, ...limit, id: planId, name: planName, expiresAt: expiryTime ? new Date(expiryTime) : null },
    };
  });

const planEnded = z.object({ planId: id }).transform(({ planId }): SubscriptionEvent => ({ kind: 'end-plan', id: planId }));

const application = z
  .object({
    applicationId: id,
    applicationUuid: id,
    applicationName: z.string().min(1).max(200),
    applicationType: z.string().max(200),
    mappings: z.array(z.object({ apiKeyUuid: id })).max(10_000),
  })
  .transform(
    ({ applicationId, applicationUuid: uuid, applicationName: name, applicationType: type, mappings }): SubscriptionEvent => {
      const keyUuids = mappings.map(({ apiKeyUuid }) => apiKeyUuid);
      return { kind: 'put-application', application: { id: applicationId, uuid, name, type, keyUuids } };
    },
  );

import {
  type BuildContext,
  definePolicyRuntime,
  type Exchange,
  type ImmediateResponse,
  jsonResponse,
  type SubscriptionQuota,
  type SubscriptionRecord,
  type Verdict,
} from '@tidegate/policy-sdk';

import type { Limiter } from '../limiter/limiter.ts';
import type { Decision } from '../limiter/quota.ts';
import { limiterFor, limiterSettings } from '../limiter/settings.ts';
import { cookieIn, withoutCookie } from './cookie.ts';
import { subscriptionValidation, type SubscriptionValidationParams } from './definition.ts';

const NOBODY = forbidden('Subscription required for this API: no subscription token or application identity provided');
const UNKNOWN = forbidden('Subscription required for this API');

export const subscriptionValidationRuntime = definePolicyRuntime<SubscriptionValidationParams>({
  definition: subscriptionValidation,
  build({ subscriptionKeyHeader, subscriptionKeyCookie: cookie }, context) {
    const header = subscriptionKeyHeader.toLowerCase();
    const charge = quotaKeeper(context);
    const { subscriptions, api } = context;

    const find = (exchange: Exchange): SubscriptionRecord | ImmediateResponse => {
      const token = textOf(exchange.requestHeader(header)) ?? tokenInCookie(exchange, cookie);
      if (token !== undefined) return subscriptions.findByToken(api.id, token) ?? UNKNOWN;
      const application = exchange.metadata.get('x-wso2-application-id');
      if (typeof application !== 'string' || application === '') return NOBODY;
      return subscriptions.findByApplication(api.id, application) ?? UNKNOWN;
    };

    return {
      requestHeaders(exchange): Verdict {
        const found = find(exchange);
        if ('status' in found) return found;
        const refused = charge(found);
        if (refused !== null) return refused;
        // Nobody behind this gateway has a use for the token.
        exchange.removeUpstreamHeader(header);
        if (cookie !== '') dropCookie(exchange, cookie);
        note(exchange, found);
        return undefined;
      },
    };
  },
});

function forbidden(message: string): ImmediateResponse {
  return jsonResponse(403, JSON.stringify({ error: 'forbidden', message }));
}

function textOf(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text === '' ? undefined : text;
}

function tokenInCookie(exchange: Exchange, name: string): string | undefined {
  return name === '' ? undefined : cookieIn(exchange.requestHeader('cookie'), name);
}

function dropCookie(exchange: Exchange, name: string): void {
  const before = exchange.upstreamHeader('cookie');
  if (before === undefined) return;
  const kept = withoutCookie(before, name);
  if (kept === null) exchange.removeUpstreamHeader('cookie');
  else exchange.setUpstreamHeader('cookie', kept);
}

/** Under WSO2's names, for policies behind this one and for analytics. */
function note({ metadata }: Exchange, record: SubscriptionRecord): void {
  metadata.set('x-wso2-subscription-status', 'ACTIVE');
  if (record.planName !== '') metadata.set('x-wso2-subscription-plan-name', record.planName);
  if (record.billingCustomerId !== '') metadata.set('x-wso2-billing-customer-id', record.billingCustomerId);
  if (record.billingSubscriptionId !== '') metadata.set('x-wso2-billing-subscription-id', record.billingSubscriptionId);
}

/** Different plans in use at once; the counts of others begin anew (invariant 9). */
const PLANS_MAX = 256;

/**
 * Counts of all subscriptions to one API on this router, shared by its operations: an API's quota is one, wherever the policy
 * stands. A window begins with its first request.
 */
function quotaKeeper({ shared, settings, now, api }: BuildContext): (record: SubscriptionRecord) => ImmediateResponse | null {
  const parsed = limiterSettings.parse(settings);
  const limiters = shared(`subscription-validation ${api.deploymentId}`, () => new Map<string, Limiter>());
  const limiterOf = ({ count, windowMs }: SubscriptionQuota): Limiter => {
    const plan = `${count}/${windowMs}`;
    const known = limiters.get(plan);
    if (known !== undefined) return known;
    const [oldest] = limiters.keys();
    if (limiters.size >= PLANS_MAX && oldest !== undefined) limiters.delete(oldest);
    const limiter = limiterFor({ limit: count, windowMs, anchored: true }, parsed);
    limiters.set(plan, limiter);
    return limiter;
  };
  return ({ id, quota }) => {
    if (quota === null) return null;
    const nowMs = now();
    const decision = limiterOf(quota).take(id, nowMs);
    return decision.allowed || !quota.stops ? null : exceeded(quota, decision, nowMs);
  };
}

function exceeded({ count, unit, windowMs }: SubscriptionQuota, { resetAtMs, retryAfterMs }: Decision, nowMs: number) {
  const message = `Subscription quota exceeded: ${count} requests per ${unit}`;
  const resetSeconds = String(Math.max(0, Math.ceil((resetAtMs - nowMs) / 1000)));
  const resetUnix = String(Math.ceil(resetAtMs / 1000));
  return jsonResponse(429, JSON.stringify({ error: 'rate_limit_exceeded', message }), [
    ['x-ratelimit-limit', String(count)],
    ['x-ratelimit-remaining', '0'],
    ['x-ratelimit-reset', resetUnix],
    ['x-ratelimit-full-quota-reset', resetUnix],
    ['ratelimit-limit', String(count)],
    ['ratelimit-remaining', '0'],
    ['ratelimit-reset', resetSeconds],
    ['ratelimit-full-quota-reset', resetSeconds],
    ['ratelimit-policy', `${count};w=${Math.ceil(windowMs / 1000)}`],
    ['retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000)))],
  ]);
}

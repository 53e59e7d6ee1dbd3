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

import type { CountedLimit, Taken } from '../limiter/counters.ts';
import { countersFor } from '../limiter/counters-for.ts';
import type { Decision } from '../limiter/quota.ts';
import { giveBackTaken, noteTaken } from '../limiter/taken.ts';
import { limiterFor, limiterSettings, sharedAs } from '../limiter/settings.ts';
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

    const admit = (exchange: Exchange, found: SubscriptionRecord): undefined => {
      // Nobody behind this gateway has a use for the token.
      exchange.removeUpstreamHeader(header);
      if (cookie !== '') dropCookie(exchange, cookie);
      note(exchange, found);
      return undefined;
    };

    return {
      requestHeaders(exchange): Verdict | Promise<Verdict> {
        const found = find(exchange);
        if ('status' in found) return found;
        const refused = charge(exchange, found);
        if (refused instanceof Promise) return refused.then((verdict) => verdict ?? admit(exchange, found));
        return refused ?? admit(exchange, found);
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

type Refusal = ImmediateResponse | undefined;

/**
 * Counts of all subscriptions to one API, shared by its operations: an API's quota is one, wherever the policy stands. A window
 * begins with its first request.
 */
function quotaKeeper(context: BuildContext): (exchange: Exchange, record: SubscriptionRecord) => Refusal | Promise<Refusal> {
  const { shared, settings, api } = context;
  const parsed = limiterSettings.parse(settings);
  const counters = countersFor(parsed, context);
  const limits = shared(`subscription-validation ${api.deploymentId}`, () => new Map<string, CountedLimit>());
  const limitOf = ({ count, windowMs }: SubscriptionQuota): CountedLimit => {
    const plan = `${count}/${windowMs}`;
    const known = limits.get(plan);
    if (known !== undefined) return known;
    const [oldest] = limits.keys();
    if (limits.size >= PLANS_MAX && oldest !== undefined) limits.delete(oldest);
    const quota = { limit: count, windowMs, anchored: true };
    const id = `subscription:${api.deploymentId}:${plan}`;
    const limit = { id, quota, limiter: limiterFor(quota, parsed, sharedAs(id, context)) };
    limits.set(plan, limit);
    return limit;
  };
  const verdictOn = (quota: SubscriptionQuota, { decisions, nowMs }: Taken): Refusal => {
    const [decision] = decisions;
    return decision === undefined || decision.allowed || !quota.stops ? undefined : exceeded(quota, decision, nowMs);
  };
  return (exchange, { id, quota }) => {
    if (quota === null) return undefined;
    const asks = [{ limit: limitOf(quota), key: id, cost: 1, keep: true }];
    const conclude = (taken: Taken): Refusal | Promise<Refusal> => {
      const refused = verdictOn(quota, taken);
      if (taken.decisions[0]?.allowed === true) noteTaken(exchange, counters, asks);
      const givenBack = refused === undefined ? undefined : giveBackTaken(exchange);
      return givenBack instanceof Promise ? givenBack.then(() => refused) : refused;
    };
    const taken = counters.take(asks);
    return taken instanceof Promise ? taken.then(conclude) : conclude(taken);
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

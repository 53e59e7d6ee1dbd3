import type { BuildContext, Exchange, Policy, Verdict } from '@tidegate/policy-sdk';

import type { Limiter } from './limiter.ts';
import type { Decision, Quota } from './quota.ts';
import { type Exceeded, noteCharge, tooManyRequests, TOO_MANY_REQUESTS, writeNotedCharges } from './rate-headers.ts';
import { limiterFor, limiterSettings } from './settings.ts';

/** Some limits that are counted under one key. */
export interface QuotaSpec {
  readonly name: string;
  readonly limits: readonly Quota[];
  readonly keyOf: (exchange: Exchange) => string;
  /** `null` = every request costs 1 */
  readonly cost: CostSpec | null;
}

/** When the cost of a request is known, and what it is (≥ 0). Known after the upstream has answered = charged then. */
export interface CostSpec {
  readonly phase: 'request-headers' | 'request-body' | 'response-headers' | 'response-body';
  readonly of: (exchange: Exchange, body: Uint8Array | null) => number;
}

interface BuiltQuota extends QuotaSpec {
  readonly limiters: readonly Limiter[];
}

/**
 * The policy of a list of quotas. A request is charged in all limits of a phase or in none: what one limit refuses never eats
 * another (WSO2 issue 3116). Costs that the answer tells are charged after it; until then a request passes while anything is left.
 */
export function buildQuotas(
  specs: readonly QuotaSpec[],
  { settings, state, now }: BuildContext,
  exceeded: Exceeded = TOO_MANY_REQUESTS,
): Policy {
  const parsed = limiterSettings.parse(settings);
  const quotas = specs.map((spec): BuiltQuota => ({
    ...spec,
    limiters: spec.limits.map((limit) => state(() => limiterFor(limit, parsed))),
  }));
  const charged = (phase: CostSpec['phase']) => quotas.filter(({ cost }) => (cost?.phase ?? 'request-headers') === phase);
  const afterwards = [...charged('response-headers'), ...charged('response-body')];

  const admit = (exchange: Exchange, body: Uint8Array | null, asked: readonly BuiltQuota[]): Verdict => {
    const nowMs = now();
    const refused = charge(exchange, asked, { body, nowMs });
    return refused === null ? undefined : tooManyRequests(refused, { settings: parsed.headers, nowMs, exceeded });
  };
  const settle = (exchange: Exchange, body: Uint8Array | null, asked: readonly BuiltQuota[]): void => {
    for (const quota of asked) {
      const key = quota.keyOf(exchange);
      const cost = quota.cost?.of(exchange, body) ?? 1;
      for (const limiter of quota.limiters) limiter.settle(key, now(), cost);
      note(
        exchange,
        quota,
        quota.limiters.map((limiter) => limiter.peek(key, now(), 0)),
      );
    }
  };

  const [atHeaders, atBody, afterHeaders, afterBody] = [
    [...charged('request-headers'), ...afterwards],
    charged('request-body'),
    charged('response-headers'),
    charged('response-body'),
  ];
  return {
    ...(atHeaders.length > 0 && { requestHeaders: (exchange) => admit(exchange, null, atHeaders) }),
    ...(atBody.length > 0 && { requestBody: (exchange, body) => admit(exchange, body, atBody) }),
    ...(afterBody.length > 0 && {
      responseBody(exchange, body) {
        settle(exchange, body, afterBody);
        writeNotedCharges(exchange, parsed.headers, now());
        return body;
      },
    }),
    responseHeaders(exchange) {
      settle(exchange, null, afterHeaders);
      if (afterBody.length === 0) writeNotedCharges(exchange, parsed.headers, now());
    },
  };
}

interface Occasion {
  readonly body: Uint8Array | null;
  readonly nowMs: number;
}

/** Charges all of them, or none; the charge that was refused, or `null`. */
function charge(exchange: Exchange, quotas: readonly BuiltQuota[], { body, nowMs }: Occasion) {
  const asks = quotas.map((quota) => ({ quota, key: quota.keyOf(exchange), ...priceOf(quota, exchange, body) }));
  // One limit needs no look ahead: it refuses without taking.
  const alone = asks.length === 1 && asks[0]?.quota.limiters.length === 1;
  if (!alone) {
    for (const { quota, key, price } of asks) {
      const refused = refusal(
        quota,
        quota.limiters.map((limiter) => limiter.peek(key, nowMs, price)),
      );
      if (refused !== null) return refused;
    }
  }
  for (const { quota, key, price, keep } of asks) {
    const decisions = quota.limiters.map((limiter) => (keep ? limiter.take(key, nowMs, price) : limiter.peek(key, nowMs, price)));
    const refused = refusal(quota, decisions);
    if (refused !== null) return refused;
    if (keep) note(exchange, quota, decisions);
  }
  return null;
}

/** What is asked for now. A cost that only the answer tells: whether anything is left, without taking it. */
function priceOf({ cost }: BuiltQuota, exchange: Exchange, body: Uint8Array | null): { price: number; keep: boolean } {
  if (cost === null) return { price: 1, keep: true };
  return cost.phase.startsWith('response') ? { price: 1, keep: false } : { price: cost.of(exchange, body), keep: true };
}

function refusal({ name, limits }: BuiltQuota, decisions: readonly Decision[]) {
  const at = decisions.findIndex(({ allowed }) => !allowed);
  const [quota, decision] = [limits[at], decisions[at]];
  return quota === undefined || decision === undefined ? null : { quotaName: name, quota, decision };
}

/** Of several limits the answer shows the one with the least left. */
function note(exchange: Exchange, { name, limits }: BuiltQuota, decisions: readonly Decision[]): void {
  let tightest = 0;
  decisions.forEach(({ remaining }, at) => {
    if (remaining < (decisions[tightest]?.remaining ?? Infinity)) tightest = at;
  });
  const [quota, decision] = [limits[tightest], decisions[tightest]];
  if (quota !== undefined && decision !== undefined) noteCharge(exchange, { quotaName: name, quota, decision });
}

import type { BuildContext, Exchange, Policy, Verdict } from '@tidegate/policy-sdk';

import type { Ask, CountedLimit, Taken } from './counters.ts';
import type { Quota } from './quota.ts';
import {
  type Charge,
  type Exceeded,
  noteCharge,
  type QuotaTexts,
  quotaTexts,
  tooManyRequests,
  TOO_MANY_REQUESTS,
  writeNotedCharges,
} from './rate-headers.ts';
import { countersFor } from './counters-for.ts';
import { giveBackTaken, noteTaken } from './taken.ts';
import { limiterFor, limiterSettings, sharedAs, shareOf } from './settings.ts';

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

interface BuiltLimit extends CountedLimit {
  readonly told: QuotaTexts;
}

interface BuiltQuota extends Omit<QuotaSpec, 'limits'> {
  readonly limits: readonly BuiltLimit[];
  /** Only the answer tells the cost */
  readonly later: boolean;
}

interface Charged {
  readonly asked: readonly BuiltQuota[];
  readonly asks: readonly Ask[];
  readonly taken: Taken;
}

/**
 * The policy of a list of quotas. A request is charged in all limits of a phase or in none. Costs that the answer tells are
 * charged after it; until then a request passes while anything is left. Counts without a promise as long as the counters do.
 */
export function buildQuotas(specs: readonly QuotaSpec[], context: BuildContext, exceeded: Exceeded = TOO_MANY_REQUESTS): Policy {
  const settings = limiterSettings.parse(context.settings);
  const counters = countersFor(settings, context);
  const quotas = specs.map((spec, at): BuiltQuota => ({
    ...spec,
    later: spec.cost?.phase.startsWith('response') ?? false,
    limits: spec.limits.map((quota, nth) => {
      const id = `${context.attachment}:${at}:${nth}`;
      // What the headers tell is what is counted to.
      const counted = settings.backend === 'redis' ? quota : shareOf(quota, settings.memory.expected_routers);
      const limiter = context.state(() => limiterFor(quota, settings, sharedAs(id, context)));
      return { id, quota: counted, limiter, told: quotaTexts(spec.name, counted) };
    }),
  }));
  const charged = (phase: CostSpec['phase']) => quotas.filter(({ cost }) => (cost?.phase ?? 'request-headers') === phase);
  const [atBody, afterHeaders, afterBody] = [charged('request-body'), charged('response-headers'), charged('response-body')];
  const atHeaders = [...charged('request-headers'), ...afterHeaders, ...afterBody];

  const admit = (exchange: Exchange, body: Uint8Array | null, asked: readonly BuiltQuota[]): Verdict | Promise<Verdict> => {
    const asks = asksOf(asked, exchange, body);
    const taken = counters.take(asks);
    if (taken instanceof Promise) return taken.then((settled) => conclude(exchange, { asked, asks, taken: settled }));
    return conclude(exchange, { asked, asks, taken });
  };
  const conclude = (exchange: Exchange, { asked, asks, taken }: Charged): Verdict | Promise<Verdict> => {
    const refused = refusalOf(asked, taken);
    if (refused === null) {
      note(exchange, asked, taken);
      noteTaken(exchange, counters, asks);
      return undefined;
    }
    const verdict = tooManyRequests(refused, { settings: settings.headers, nowMs: taken.nowMs, exceeded });
    const givenBack = giveBackTaken(exchange);
    return givenBack instanceof Promise ? givenBack.then(() => verdict) : verdict;
  };
  const settle = (exchange: Exchange, body: Uint8Array | null, asked: readonly BuiltQuota[]): void | Promise<void> => {
    const settled = counters.settle(settlementsOf(asked, exchange, body));
    if (settled instanceof Promise) return settled.then((taken) => noteAll(exchange, asked, taken));
    return noteAll(exchange, asked, settled);
  };
  const finish = (exchange: Exchange): void => writeNotedCharges(exchange, settings.headers, context.now());

  return {
    ...(atHeaders.length > 0 && { requestHeaders: (exchange) => admit(exchange, null, atHeaders) }),
    ...(atBody.length > 0 && { requestBody: (exchange, body) => admit(exchange, body, atBody) }),
    ...(afterBody.length > 0 && {
      responseBody(exchange, body) {
        const pending = settle(exchange, body, afterBody);
        const done = (): Uint8Array | null => (finish(exchange), body);
        return pending instanceof Promise ? pending.then(done) : done();
      },
    }),
    responseHeaders(exchange) {
      const pending = afterHeaders.length === 0 ? undefined : settle(exchange, null, afterHeaders);
      if (afterBody.length > 0) return pending;
      return pending instanceof Promise ? pending.then(() => finish(exchange)) : finish(exchange);
    },
  };
}

function asksOf(quotas: readonly BuiltQuota[], exchange: Exchange, body: Uint8Array | null): Ask[] {
  const asks: Ask[] = [];
  for (const { keyOf, cost, limits, later } of quotas) {
    const key = keyOf(exchange);
    // Later: whether anything is left, without taking it.
    const price = cost === null || later ? 1 : cost.of(exchange, body);
    for (const limit of limits) asks.push({ limit, key, cost: price, keep: !later });
  }
  return asks;
}

function settlementsOf(quotas: readonly BuiltQuota[], exchange: Exchange, body: Uint8Array | null): Ask[] {
  return quotas.flatMap(({ keyOf, cost, limits }) => {
    const key = keyOf(exchange);
    const price = cost?.of(exchange, body) ?? 1;
    return limits.map((limit): Ask => ({ limit, key, cost: price, keep: true }));
  });
}

function refusalOf(quotas: readonly BuiltQuota[], { decisions }: Taken): Charge | null {
  const decision = decisions.at(-1);
  if (decision === undefined || decision.allowed) return null;
  let at = decisions.length - 1;
  for (const { name, limits } of quotas) {
    const limit = limits[at];
    if (limit !== undefined) return { quotaName: name, told: limit.told, decision };
    at -= limits.length;
  }
  return null;
}

/** What was taken; what the answer will tell is noted with it. */
function note(exchange: Exchange, quotas: readonly BuiltQuota[], taken: Taken): void {
  noteEach(exchange, quotas, taken, ({ later }) => !later);
}

function noteAll(exchange: Exchange, quotas: readonly BuiltQuota[], taken: Taken): void {
  noteEach(exchange, quotas, taken, () => true);
}

/** Of several limits of a quota the answer shows the one with the least left. */
function noteEach(
  exchange: Exchange,
  quotas: readonly BuiltQuota[],
  { decisions }: Taken,
  isNoted: (quota: BuiltQuota) => boolean,
): void {
  let at = 0;
  for (const quota of quotas) {
    let tightest: Charge | null = null;
    for (const limit of quota.limits) {
      const decision = decisions[at++];
      if (decision !== undefined && decision.remaining < (tightest?.decision.remaining ?? Infinity))
        tightest = { quotaName: quota.name, told: limit.told, decision };
    }
    if (tightest !== null && isNoted(quota)) noteCharge(exchange, tightest);
  }
}

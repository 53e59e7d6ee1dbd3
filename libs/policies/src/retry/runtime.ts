import { setTimeout as sleep } from 'node:timers/promises';

import { fullJitter, retryAfterMs } from '@tidegate/backoff';
import { definePolicyRuntime, type Exchange, type ForwardOutcome } from '@tidegate/policy-sdk';

import { retryBudget } from './budget.ts';
import { retry, type RetryParams } from './definition.ts';

export const retryRuntime = definePolicyRuntime<RetryParams>({
  definition: retry,
  build(params, { state, now }) {
    const { retries, tryTimeoutMs = 0, baseDelayMs, maxDelayMs, budgetPercent, budgetPerSecond } = params;
    const mayRetry = retryTest(params);
    const budget = state(() => retryBudget({ percent: budgetPercent, perSecond: budgetPerSecond }));

    /** ms until the next try; `null` = there is none */
    const waitMs = (outcome: ForwardOutcome, attempt: number): number | null => {
      const asked = outcome.is === 'answered' ? retryAfterMs(outcome.answer.header('retry-after'), now()) : null;
      if (asked !== null && asked > maxDelayMs) return null;
      if (!budget.spend(now())) return null;
      return fullJitter({ attempt, baseMs: baseDelayMs, capMs: maxDelayMs, random: Math.random, floorMs: asked ?? 0 });
    };

    return {
      // Asking for the body is what makes it whole, and so repeatable.
      ...(params.bodies && { requestBody: () => undefined }),
      async forward(exchange, forwarder) {
        budget.earn(now());
        for (let attempt = 1; ; attempt++) {
          const outcome = await forwarder.send(tryTimeoutMs);
          if (attempt > retries || !forwarder.repeatable || !mayRetry(exchange, outcome)) return outcome;
          const wait = waitMs(outcome, attempt);
          if (wait === null) return outcome;
          if (outcome.is === 'answered') outcome.answer.discard();
          if (wait > 0) await sleep(wait);
        }
      },
    };
  },
});

function retryTest({ methods, failures, statuses }: RetryParams) {
  const retried = { methods: new Set<string>(methods), failures: new Set<string>(failures), statuses: new Set(statuses) };
  // The method that goes up: policies may have changed it.
  const maySend = ({ upstream }: Exchange): boolean => retried.methods.has(upstream.method);
  return (exchange: Exchange, outcome: ForwardOutcome): boolean => {
    if (outcome.is === 'answered') return retried.statuses.has(outcome.answer.status) && maySend(exchange);
    if (outcome.is !== 'failed' || !retried.failures.has(outcome.failure)) return false;
    return outcome.failure === 'unreachable' || maySend(exchange);
  };
}

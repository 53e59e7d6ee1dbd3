import { definePolicyRuntime, type ForwardOutcome, jsonResponse } from '@tidegate/policy-sdk';

import { createBreaker } from './breaker.ts';
import { circuitBreaker, type CircuitBreakerParams } from './definition.ts';

/** One circuit per attachment: at API level for all operations of the API together, at operation level for that operation. */
export const circuitBreakerRuntime = definePolicyRuntime<CircuitBreakerParams>({
  definition: circuitBreaker,
  build(params, { state, now, log, api }) {
    const { failureRatePercent, minimumRequests, windowSeconds, openSeconds, probes, slowCallMs = Infinity, statusCode } = params;
    const failureStatuses = new Set(params.failureStatuses);
    const breaker = state(() =>
      createBreaker({
        failureRatePercent,
        minimumRequests,
        windowMs: windowSeconds * 1000,
        openMs: openSeconds * 1000,
        probes,
        onChange: (to) => log(to === 'open' ? 'warn' : 'info', { api: api.handle, circuit: to }, `Circuit ${to}`),
      }),
    );

    const refusal = (): ForwardOutcome => {
      const seconds = Math.max(1, Math.ceil(breaker.waitMs(now()) / 1000));
      return { is: 'own', response: jsonResponse(statusCode, REFUSED, [['retry-after', String(seconds)]]) };
    };
    const verdictOn = (outcome: ForwardOutcome, tookMs: number): 'well' | 'failed' | 'unknown' => {
      switch (outcome.is) {
        case 'answered':
          return failureStatuses.has(outcome.answer.status) || tookMs > slowCallMs ? 'failed' : 'well';
        case 'failed':
          // This router's own bound says nothing of the upstream.
          return outcome.failure === 'full' ? 'unknown' : 'failed';
        // The client left, or a policy nearer to the upstream answered by itself.
        case 'client-gone':
        case 'own':
          return 'unknown';
      }
    };

    return {
      async forward(_exchange, forwarder) {
        const startedMs = now();
        const admission = breaker.admit(startedMs);
        if (admission === null) return refusal();
        try {
          const outcome = await forwarder.send();
          admission.ended(verdictOn(outcome, now() - startedMs), now());
          return outcome;
        } catch (error) {
          admission.ended('unknown', now());
          throw error;
        }
      },
    };
  },
});

const REFUSED = '{"error":"Service Unavailable"}';

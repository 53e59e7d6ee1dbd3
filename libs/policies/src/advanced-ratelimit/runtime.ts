import { definePolicyRuntime } from '@tidegate/policy-sdk';

import { durationToMs } from '../limiter/duration.ts';
import { buildQuotas, type QuotaSpec } from '../limiter/quota-set.ts';
import { type Exceeded, TOO_MANY_REQUESTS } from '../limiter/rate-headers.ts';
import { costOf } from './cost.ts';
import { advancedRatelimit, type AdvancedRatelimitParams } from './definition.ts';
import { keyExtractor } from './key.ts';

export const advancedRatelimitRuntime = definePolicyRuntime<AdvancedRatelimitParams>({
  definition: advancedRatelimit,
  build({ quotas, keyExtraction, onRateLimitExceeded }, context) {
    const specs = quotas.map((quota, at): QuotaSpec => ({
      name: quota.name ?? `quota-${at}`,
      limits: quota.limits.map(({ limit, duration, burst }) => ({ limit, windowMs: durationToMs(duration), burst })),
      keyOf: keyExtractor(quota.keyExtraction ?? keyExtraction),
      cost: costOf(quota.costExtraction),
    }));
    return buildQuotas(specs, context, exceededOf(onRateLimitExceeded));
  },
});

function exceededOf(asked: AdvancedRatelimitParams['onRateLimitExceeded']): Exceeded {
  if (asked === undefined) return TOO_MANY_REQUESTS;
  const { statusCode, body = TOO_MANY_REQUESTS.body, bodyFormat } = asked;
  return { statusCode, body, contentType: bodyFormat === 'plain' ? 'text/plain' : 'application/json' };
}

import { definePolicyRuntime } from '@tidegate/policy-sdk';

import { durationToMs } from '../limiter/duration.ts';
import { buildQuotas, type QuotaSpec } from '../limiter/quota-set.ts';
import { basicRatelimit, type BasicRatelimitParams } from './definition.ts';

export const basicRatelimitRuntime = definePolicyRuntime<BasicRatelimitParams>({
  definition: basicRatelimit,
  build({ limits }, context) {
    const quota: QuotaSpec = {
      name: 'default',
      limits: limits.map(({ requests, duration }) => ({ limit: requests, windowMs: durationToMs(duration) })),
      // One bucket per attachment: for all operations of the API together, or for each route of the operation.
      keyOf: context.level === 'api' ? () => '' : ({ route }) => route.id,
      cost: null,
    };
    return buildQuotas([quota], context);
  },
});

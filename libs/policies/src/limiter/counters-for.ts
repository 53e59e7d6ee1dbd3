import type { BuildContext } from '@tidegate/policy-sdk';

import { type Counters, memoryCounters } from './counters.ts';
import { redisCounters } from './redis-counters.ts';
import type { LimiterSettings } from './settings.ts';

/** Where the settings say that limits are counted. */
export function countersFor(settings: LimiterSettings, { redis, now, log, shared }: BuildContext): Counters {
  const inMemory = memoryCounters(now);
  if (settings.backend === 'memory') return inMemory;
  const onChange = (problem: string | null): void => {
    if (problem === null) log('info', {}, 'Rate limits are counted in Redis again');
    else log('warn', { problem, failureMode: settings.redis.failure_mode }, 'Rate limits cannot be counted in Redis');
  };
  // One per router: it says once, not once per attachment, that Redis is gone.
  return shared(`redis-counters ${JSON.stringify([settings.redis, settings.algorithm])}`, () =>
    redisCounters({ redis, settings, inMemory, now, onChange }),
  );
}

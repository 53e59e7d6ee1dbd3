import { z } from 'zod';

import { anchoredWindow } from './anchored-window.ts';
import { durationsText, durationToMs } from './duration.ts';
import { fixedWindow } from './fixed-window.ts';
import { gcra } from './gcra.ts';
import { createLimiter, ENTRIES_MAX_DEFAULT, type Limiter } from './limiter.ts';
import type { Quota } from './quota.ts';

export type LimiterSettings = z.infer<typeof limiterSettings>;

const durationSetting = (preset: string) => durationsText.transform(durationToMs).prefault(preset);

/** System parameters of the rate limiting policies, WSO2's names; what is not here is ignored. */
export const limiterSettings = z.object({
  algorithm: z.enum(['fixed-window', 'gcra']).default('fixed-window'),
  /** "memory": each router counts for itself. "redis": all routers count together */
  backend: z.enum(['memory', 'redis']).default('memory'),
  redis: z
    .object({
      host: z.string().min(1).default('localhost'),
      port: z.int().min(1).max(65_535).default(6379),
      username: z.string().default(''),
      password: z.string().default(''),
      db: z.int().min(0).max(1_000_000).default(0),
      key_prefix: z.string().max(128).default('ratelimit:v1:'),
      failure_mode: z.enum(['open', 'closed']).default('open'),
      connection_timeout: durationSetting('5s'),
      read_timeout: durationSetting('3s'),
    })
    .prefault({}),
  memory: z
    .object({
      max_entries: z.int().min(1).max(10_000_000).default(ENTRIES_MAX_DEFAULT),
      /** Routers that share every limit by guess: each counts up to limit ÷ this many, so that together they stay below it */
      expected_routers: z.int().min(1).max(10_000).default(1),
    })
    .prefault({}),
  headers: z
    .object({
      include_x_ratelimit: z.boolean().default(true),
      include_ietf: z.boolean().default(true),
      include_retry_after: z.boolean().default(true),
    })
    .prefault({}),
});

/** What this process counts by. */
export function limiterFor(quota: Quota, settings: LimiterSettings): Limiter {
  const entriesMax = settings.memory.max_entries;
  const share = shareOf(quota, settings.memory.expected_routers);
  if (quota.anchored === true) return createLimiter(anchoredWindow(share), entriesMax);
  return settings.algorithm === 'gcra' ? createLimiter(gcra(share), entriesMax) : createLimiter(fixedWindow(share), entriesMax);
}

/** Rounded down, for together they must not exceed the limit; a limit smaller than the number of routers lets one pass on each. */
export function shareOf({ limit, burst, ...quota }: Quota, routers: number): Quota {
  const share = (count: number): number => Math.max(1, Math.floor(count / routers));
  return { ...quota, limit: share(limit), ...(burst !== undefined && { burst: share(burst) }) };
}

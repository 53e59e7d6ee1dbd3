import { z } from 'zod';

import { anchoredWindow } from './anchored-window.ts';
import { fixedWindow } from './fixed-window.ts';
import { gcra } from './gcra.ts';
import { createLimiter, ENTRIES_MAX_DEFAULT, type Limiter } from './limiter.ts';
import type { Quota } from './quota.ts';

export type LimiterSettings = z.infer<typeof limiterSettings>;

/** System parameters of the rate limiting policies, WSO2's names; what is not here is ignored. */
export const limiterSettings = z.object({
  algorithm: z.enum(['fixed-window', 'gcra']).default('fixed-window'),
  memory: z.object({ max_entries: z.int().min(1).max(10_000_000).default(ENTRIES_MAX_DEFAULT) }).prefault({}),
  headers: z
    .object({
      include_x_ratelimit: z.boolean().default(true),
      include_ietf: z.boolean().default(true),
      include_retry_after: z.boolean().default(true),
    })
    .prefault({}),
});

export function limiterFor(quota: Quota, settings: LimiterSettings): Limiter {
  const entriesMax = settings.memory.max_entries;
  if (quota.anchored === true) return createLimiter(anchoredWindow(quota), entriesMax);
  return settings.algorithm === 'gcra' ? createLimiter(gcra(quota), entriesMax) : createLimiter(fixedWindow(quota), entriesMax);
}

import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type RateLimitParams = z.infer<typeof params>;

/** 31 days */
const WINDOW_SECONDS_MAX = 2_678_400;

const params = z.strictObject({
  limit: z.int().min(1).max(1_000_000_000).describe('Requests per window'),
  window: z.int().min(1).max(WINDOW_SECONDS_MAX).describe('Length of the window, seconds'),
  key: z
    .enum(['consumer', 'ip', 'api', 'route'])
    .default('consumer')
    .describe(
      'Whose requests are counted together: of one consumer (the caller if authenticated, else the client address), of one client address, all of them, or all of one route',
    ),
});

export const rateLimit = definePolicy<RateLimitParams>({
  name: 'rate-limit',
  version: 'v1',
  fullVersion: '1.0.0',
  displayName: 'Rate limit',
  description: 'Lets at most so many requests pass per window, by default per consumer.',
  category: 'traffic',
  phases: ['request-headers', 'response-headers'],
  sharedSettings: 'ratelimit',
  params,
});

import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { durationText } from '../limiter/duration.ts';

export type BasicRatelimitParams = z.infer<typeof params>;

const params = z.strictObject({
  limits: z
    .array(
      z.strictObject({
        requests: z.int().min(1).max(1_000_000_000).describe('Requests per duration'),
        duration: durationText.describe('Length of the window: a number and one unit (ms, s, m, h)'),
      }),
    )
    .min(1)
    .max(10)
    .describe('All of them hold; the answer shows the one with the least left'),
});

export const basicRatelimit = definePolicy<BasicRatelimitParams>({
  name: 'basic-ratelimit',
  version: 'v1',
  fullVersion: '1.1.1',
  displayName: 'Basic rate limit',
  description: 'Lets at most so many requests pass per window, whoever sends them.',
  category: 'traffic',
  phases: ['request-headers', 'response-headers'],
  sharedSettings: 'ratelimit',
  params,
});

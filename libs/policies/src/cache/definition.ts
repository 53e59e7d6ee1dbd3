import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { headerName } from '../header-fields.ts';

export type CacheParams = z.infer<typeof params>;

/** One year */
const seconds = z.int().min(0).max(31_536_000).default(0);

const params = z.strictObject({
  defaultTtlSeconds: seconds.describe(
    'How long an answer is fresh whose upstream does not say; 0 = such answers are not stored. Never applied to requests with cookies or Authorization',
  ),
  staleWhileRevalidateSeconds: seconds.describe(
    'How long after that a stored answer may still be given while it is asked for anew, where the upstream does not say',
  ),
  staleIfErrorSeconds: seconds.describe(
    'How long after that it may be given when the upstream fails (no answer, 500, 502, 503, 504), where the upstream does not say',
  ),
  entryBytesMax: z
    .int()
    .min(1)
    .max(67_108_864)
    .default(1_048_576)
    .describe('Answers with a larger body are passed on and not stored'),
  consumers: z
    .enum(['separate', 'shared'])
    .default('separate')
    .describe('Whether authenticated consumers have stored answers of their own. Those without authentication always share'),
  varyHeaders: z
    .array(headerName)
    .max(20)
    .default([])
    .describe('Request headers that tell answers apart beside those that the upstream names in Vary'),
  clientDirectives: z
    .boolean()
    .default(true)
    .describe('Obey Cache-Control of requests (no-cache, no-store, max-age, min-fresh, max-stale, only-if-cached)'),
  statusHeader: z.boolean().default(true).describe('Say in Cache-Status (RFC 9211) what became of the request'),
});

export const cache = definePolicy<CacheParams>({
  name: 'cache',
  version: 'v1',
  fullVersion: '1.0.0',
  displayName: 'Cache',
  description: 'Answers from memory what the upstream has answered before, as its answers allow (RFC 9111, shared cache).',
  category: 'traffic',
  phases: ['forwarding'],
  params,
});

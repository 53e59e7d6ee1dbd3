import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type RetryParams = z.infer<typeof params>;

const method = z.enum(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH']);
const waitMs = z.int().min(0).max(60_000);

const params = z.strictObject({
  retries: z.int().min(1).max(10).default(2).describe('How often a request is sent again, at most'),
  methods: z
    .array(method)
    .max(7)
    .default(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
    .describe(
      'Methods that may be sent again: by default the idempotent ones. Others are only after no connection came about: then the upstream has seen nothing',
    ),
  failures: z
    .array(z.enum(['unreachable', 'broken', 'timeout']))
    .max(3)
    .default(['unreachable', 'broken', 'timeout'])
    .describe('Failures after which it is: no connection, reset before an answer, no answer in time'),
  statuses: z
    .array(z.int().min(400).max(599))
    .max(100)
    .default([502, 503, 504])
    .describe('Statuses of the upstream after which it is'),
  tryTimeoutMs: z.int().min(1).max(3_600_000).optional().describe('Bound of each try; absent = only that of the route'),
  baseDelayMs: waitMs
    .default(25)
    .describe('Upper end of the wait before the first retry; doubles with each. The wait is random below it'),
  maxDelayMs: waitMs.default(1000).describe('Upper end of every wait. A longer Retry-After of the upstream ends the trying'),
  budgetPercent: z
    .int()
    .min(0)
    .max(100)
    .default(20)
    .describe('Retries of a hundred requests, at most, so that a failing upstream is not drowned'),
  budgetPerSecond: z.int().min(0).max(10_000).default(3).describe('Retries per second that are allowed in any case'),
  bodies: z
    .boolean()
    .default(false)
    .describe('Read request bodies whole (bounded as for every policy that does) so that they can be sent again'),
});

export const retry = definePolicy<RetryParams>({
  name: 'retry',
  version: 'v1',
  fullVersion: '1.0.0',
  displayName: 'Retry',
  description: 'Sends a request again that the upstream did not answer, within a budget.',
  category: 'traffic',
  phases: ['request-body', 'forwarding'],
  params,
});

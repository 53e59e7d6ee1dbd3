import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type CircuitBreakerParams = z.infer<typeof params>;

const status = z.int().min(400).max(599);

const params = z.strictObject({
  failureRatePercent: z.int().min(1).max(100).default(50).describe('The circuit opens when so many of a hundred requests failed'),
  minimumRequests: z.int().min(1).max(1_000_000).default(20).describe('Below so many requests in the window it stays closed'),
  windowSeconds: z.int().min(1).max(3600).default(10).describe('How far back requests count'),
  openSeconds: z.int().min(1).max(3600).default(30).describe('How long an open circuit sends nothing upstream'),
  probes: z
    .int()
    .min(1)
    .max(1000)
    .default(3)
    .describe('Then so many requests go up, at most, to find out: all well = closed, one failure = open again'),
  failureStatuses: z
    .array(status)
    .max(100)
    .default([500, 502, 503, 504])
    .describe('Answers of the upstream that count as failed. No connection, a reset and no answer in time always do'),
  slowCallMs: z
    .int()
    .min(1)
    .max(3_600_000)
    .optional()
    .describe('Answers whose head takes longer count as failed; absent = none do'),
  statusCode: status.default(503).describe('Status of a request that an open circuit answers'),
});

export const circuitBreaker = definePolicy<CircuitBreakerParams>({
  name: 'circuit-breaker',
  version: 'v1',
  fullVersion: '1.0.0',
  displayName: 'Circuit breaker',
  description: 'Stops asking an upstream that fails, and finds out by itself when it is back.',
  category: 'traffic',
  phases: ['forwarding'],
  params,
});

import { z } from 'zod';

export type TrafficAnswer = z.infer<typeof trafficAnswer>;
export type TrafficPoint = z.infer<typeof trafficPoint>;
export type TrafficQuery = z.output<typeof trafficQuery>;

const count = z.int().min(0);
const figure = z.number().min(0).nullable();
const latency = {
  p50Ms: figure.describe('null = nothing was answered'),
  p95Ms: figure,
  p99Ms: figure,
};

/** GET /traffic?minutes=&gateway=&api= */
export const trafficQuery = z.object({
  minutes: z.enum(['15', '60', '360']).default('15').transform(Number),
  gateway: z.string().max(64).optional().describe('Handle or uuid; absent = all'),
  api: z.string().max(128).optional().describe('Handle; absent = everything that was answered'),
});

const totals = {
  requests: count,
  clientErrors: count.describe('4xx'),
  serverErrors: count.describe('5xx'),
  unanswered: count.describe('The client left before anything was sent'),
  ...latency,
};

export const trafficPoint = z.object({
  at: z.iso.datetime().describe('Begin of the interval'),
  nodes: count.describe('Routers that reported; 0 = nothing is known of this interval, and every figure is null'),
  requestsPerSecond: figure,
  clientErrorsPerSecond: figure,
  serverErrorsPerSecond: figure.describe('5xx, and requests to which nothing was sent'),
  ...latency,
});

/** What routers reported of the last minutes. Reports come with heartbeats; the interval that is not over yet is left out. */
export const trafficAnswer = z.object({
  status: z.literal('success'),
  minutes: z.int(),
  stepSeconds: z.int().min(1),
  lastReportAt: z.iso.datetime().nullable().describe('Begin of the last interval of which anything is known; null = none'),
  total: z.object(totals),
  points: z.array(trafficPoint).describe('Oldest first, without gaps'),
  gateways: z.array(z.object({ id: z.uuid(), handle: z.string(), name: z.string(), nodes: count, ...totals })),
  apis: z
    .array(z.object({ api: z.string().describe('"" = no route'), ...totals }))
    .describe('The ten with most requests, of those that routers name: the 50 busiest of each report'),
});

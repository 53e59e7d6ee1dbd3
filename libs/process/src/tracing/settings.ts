import { z } from 'zod';

import { durationMs } from '../config/duration.ts';

/** `[tracing]`, the one table every app reads: spans to an OpenTelemetry collector, off by default. */
export const tracingSettings = z.object({
  enabled: z.boolean().default(false),
  /** OTLP over HTTP, with its path */
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be the URL of OTLP over HTTP, as http://otel-collector:4318/v1/traces' })
    .default('http://localhost:4318/v1/traces'),
  /** Share of the traces begun here that are recorded; traces of others are recorded when they say so */
  sampling_rate: z.number().min(0).max(1).default(1),
  batch_timeout: durationMs().prefault('1s'),
  max_export_batch_size: z.int().min(1).max(10_000).default(512),
});

export type TracingSettings = z.output<typeof tracingSettings>;

import { SpanKind, SpanStatusCode, TraceFlags, type HrTime, type SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

import type { Trace } from './trace-context.ts';
import type { TracingSettings } from './settings.ts';

/** A piece of work that has ended. */
export interface FinishedSpan {
  readonly trace: Trace;
  /** Few different ones: a route, never a path */
  readonly name: string;
  /** What it is: answered here, asked of somebody else, or neither */
  readonly kind: 'server' | 'client' | 'internal';
  /** Wall clock, ms since the epoch */
  readonly startedMs: number;
  readonly durationMs: number;
  /** OpenTelemetry's names; never queries, headers or bodies. `null` values are left out */
  readonly attributes: Readonly<Record<string, string | number | boolean | null>>;
  /** What went wrong; `null` = nothing */
  readonly error: string | null;
}

export interface Tracing {
  /** Whether a trace that begins now is to be recorded */
  sample(): boolean;
  /** Queues the span; beyond 2048 waiting ones spans are dropped. Never throws, never waits */
  record(span: FinishedSpan): void;
  /** Sends what is queued, for 5 s at most */
  close(): Promise<void>;
}

interface Service {
  readonly name: string;
  readonly version: string;
  /** Of this process among several */
  readonly instance: string;
}

const EXPORT_MS = 5_000;

/** `null` = tracing is off; then nothing of OpenTelemetry is loaded. */
export async function openTracing(settings: TracingSettings, service: Service): Promise<Tracing | null> {
  if (!settings.enabled) return null;
  const [{ BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const about = {
    resource: resourceFromAttributes({
      'service.name': service.name,
      'service.version': service.version,
      'service.instance.id': service.instance,
    }),
    instrumentationScope: { name: 'tidegate', version: service.version },
  };
  const processor = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter({ url: settings.endpoint, timeoutMillis: EXPORT_MS }),
    scheduledDelayMillis: settings.batch_timeout,
    maxExportBatchSize: settings.max_export_batch_size,
    maxQueueSize: Math.max(2048, settings.max_export_batch_size),
    exportTimeoutMillis: EXPORT_MS,
  });
  return {
    sample: () => Math.random() < settings.sampling_rate,
    record: (span) => processor.onEnd(readable(span, about)),
    // A collector that is away costs spans, nothing else.
    close: () => processor.shutdown().catch(() => undefined),
  };
}

function readable(span: FinishedSpan, about: Pick<ReadableSpan, 'resource' | 'instrumentationScope'>): ReadableSpan {
  const { trace, error } = span;
  const own = contextOf(trace, trace.spanId);
  return {
    ...about,
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => own,
    ...(trace.parentSpanId === null ? {} : { parentSpanContext: { ...contextOf(trace, trace.parentSpanId), isRemote: true } }),
    startTime: hrTime(span.startedMs),
    endTime: hrTime(span.startedMs + span.durationMs),
    duration: hrTime(span.durationMs),
    status: error === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
    attributes: Object.fromEntries(Object.entries(span.attributes).filter(([, value]) => value !== null)),
    links: [],
    events: [],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

function contextOf({ traceId }: Trace, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

function hrTime(ms: number): HrTime {
  const seconds = Math.trunc(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

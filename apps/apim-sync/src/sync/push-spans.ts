import { type FinishedSpan, type Trace, traceOf } from '@tidegate/process';
import type { Exchange, Work } from '@tidegate/sync-link';

import type { Failure } from './classify.ts';

interface Pushed {
  readonly failure: Failure | null;
  readonly exchanges: readonly Exchange[];
  /** Wall clock, ms since the epoch */
  readonly startedMs: number;
  readonly endedMs: number;
}

/**
 * One claim as spans, in the trace of the write that it goes back to: the push, and below it each exchange with APIM. Empty when that
 * trace is not recorded. Paths without their queries.
 */
export function pushSpans(work: Work, { failure, exchanges, startedMs, endedMs }: Pushed, sample: () => boolean): FinishedSpan[] {
  const trace = traceOf(work.traceparent === '' ? undefined : work.traceparent, sample);
  if (!trace.sampled) return [];
  const attributes = {
    'tidegate.api': work.handle,
    'tidegate.generation': work.generation,
    'tidegate.attempt': work.attempts + 1,
  };
  const name = 'push to APIM';
  const error = failure === null ? null : `${failure.code}: ${failure.message}`;
  const push = { trace, name, kind: 'internal', startedMs, durationMs: endedMs - startedMs, attributes, error } as const;
  return [push, ...exchanges.map((exchange) => exchangeSpan(exchange, trace))];
}

function exchangeSpan({ method, path, atMs, tookMs, status, answer }: Exchange, parent: Trace): FinishedSpan {
  const [target = ''] = path.split('?', 1);
  return {
    trace: traceOf(parent.traceparent, () => false),
    name: `${method} APIM`,
    kind: 'client',
    startedMs: atMs,
    durationMs: tookMs,
    attributes: {
      'http.request.method': method,
      'url.path': target,
      'http.response.status_code': status === 0 ? null : status,
    },
    error: status === 0 ? answer : status >= 400 ? `status ${status}` : null,
  };
}

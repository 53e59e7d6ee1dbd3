import { Exchange, Work } from '@tidegate/sync-link';
import { expect, test } from 'vitest';

import { failure } from './classify.ts';
import { pushSpans } from './push-spans.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const work = (flags: string) =>
  Work.fromPartial({ handle: 'books', generation: 3, attempts: 1, traceparent: `00-${TRACE}-00f067aa0ba902b7-${flags}` });
const exchanges = [
  Exchange.fromPartial({ method: 'POST', path: '/import?overwrite=true', atMs: 1010, tookMs: 20, status: 201 }),
  Exchange.fromPartial({ method: 'GET', path: '/apis', atMs: 1040, tookMs: 5, status: 0, answer: 'reset' }),
];
const never = (): boolean => false;

test('a push and its exchanges belong to the trace of the write, the exchanges below the push', () => {
  const broken = failure('retryable', 'no_answer', 'reset');
  const [push, imported, looked, ...more] = pushSpans(
    work('01'),
    { failure: broken, exchanges, startedMs: 1000, endedMs: 1050 },
    never,
  );
  expect(more).toEqual([]);
  expect(push).toMatchObject({
    name: 'push to APIM',
    trace: { traceId: TRACE, parentSpanId: '00f067aa0ba902b7' },
    durationMs: 50,
    attributes: { 'tidegate.api': 'books', 'tidegate.generation': 3, 'tidegate.attempt': 2 },
    error: 'no_answer: reset',
  });
  const parentSpanId = push?.trace.spanId;
  expect(imported).toMatchObject({ kind: 'client', trace: { traceId: TRACE, parentSpanId }, error: null });
  expect(imported?.attributes['url.path']).toBe('/import');
  expect(looked).toMatchObject({ trace: { parentSpanId }, error: 'reset' });
});

test('an unsampled trace is told to nobody; a push without one begins its own', () => {
  const pushed = { failure: null, exchanges, startedMs: 0, endedMs: 1 };
  expect(pushSpans(work('00'), pushed, () => true)).toEqual([]);
  expect(pushSpans(Work.fromPartial({}), pushed, never)).toEqual([]);
  expect(pushSpans(Work.fromPartial({}), pushed, () => true)[0]?.trace.parentSpanId).toBeNull();
});

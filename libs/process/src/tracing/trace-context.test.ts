import { expect, test } from 'vitest';

import { traceOf } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const GIVEN = `00-${TRACE}-00f067aa0ba902b7-01`;

test('a trace goes on with a parent of our own and the flags it came with', () => {
  const { traceId, traceparent, spanId, parentSpanId, sampled } = traceOf(GIVEN, () => false);
  expect({ traceId, parentSpanId, sampled }).toEqual({ traceId: TRACE, parentSpanId: '00f067aa0ba902b7', sampled: true });
  expect(traceparent).toBe(`00-${TRACE}-${spanId}-01`);
  expect(traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  expect(traceparent).not.toBe(GIVEN);
  expect(traceOf(`01-${TRACE}-00f067aa0ba902b7-01-more`, () => false).traceId).toBe(TRACE);
});

test.each([
  undefined,
  '',
  'nonsense',
  GIVEN.toUpperCase(),
  `ff-${TRACE}-00f067aa0ba902b7-01`,
  `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `${GIVEN}-more`,
  `${GIVEN}, ${GIVEN}`,
])('%s starts a new trace', (presented) => {
  const { traceId, traceparent, parentSpanId, sampled } = traceOf(presented, () => false);
  expect({ parentSpanId, sampled }).toEqual({ parentSpanId: null, sampled: false });
  expect(traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  expect(traceId).not.toBe(TRACE);
});

test('a new trace is sampled when its owner says so; one that goes on is as it was', () => {
  expect(traceOf(undefined, () => true)).toMatchObject({ sampled: true, traceparent: expect.stringMatching(/-01$/) });
  expect(traceOf(GIVEN.replace(/01$/, '00'), () => true).sampled).toBe(false);
  expect(traceOf(GIVEN.replace(/01$/, '03'), () => false).sampled).toBe(true);
});

test('no two traces are alike', () => {
  expect(new Set(Array.from({ length: 2000 }, () => traceOf(undefined, () => false).traceId)).size).toBe(2000);
});

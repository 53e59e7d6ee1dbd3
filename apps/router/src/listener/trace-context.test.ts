import { expect, test } from 'vitest';

import { traceOf } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const GIVEN = `00-${TRACE}-00f067aa0ba902b7-01`;

test('a trace goes on with a parent of our own and the flags it came with', () => {
  const { traceId, traceparent, continued } = traceOf(GIVEN);
  expect({ traceId, continued }).toEqual({ traceId: TRACE, continued: true });
  expect(traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  expect(traceparent).not.toBe(GIVEN);
  expect(traceOf(`01-${TRACE}-00f067aa0ba902b7-01-more`).traceId).toBe(TRACE);
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
  const { traceId, traceparent, continued } = traceOf(presented);
  expect(continued).toBe(false);
  expect(traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  expect(traceId).not.toBe(TRACE);
});

test('no two traces are alike', () => {
  expect(new Set(Array.from({ length: 2000 }, () => traceOf(undefined).traceId)).size).toBe(2000);
});

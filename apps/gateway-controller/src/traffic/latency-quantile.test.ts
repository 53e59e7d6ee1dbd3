import { TRAFFIC_LATENCIES_MS } from '@tidegate/gateway-ir';
import { expect, test } from 'vitest';

import { latencyQuantile } from './latency-quantile.ts';

const counts = (at: Readonly<Record<number, number>>) =>
  Array.from({ length: TRAFFIC_LATENCIES_MS.length + 1 }, (_, index) => at[index] ?? 0);

test('it lies within the bucket in which the share is reached', () => {
  expect(latencyQuantile(counts({ 0: 100 }), 0.5)).toBe(0.25);
  expect(latencyQuantile(counts({ 4: 90, 9: 10 }), 0.5)).toBeCloseTo(5 + (5 * 50) / 90);
  expect(latencyQuantile(counts({ 4: 90, 9: 10 }), 0.95)).toBe(375);
});

test('nothing answered is null, and what is beyond the last bound counts as that', () => {
  expect(latencyQuantile(counts({}), 0.5)).toBeNull();
  expect(latencyQuantile(counts({ 12: 3 }), 0.5)).toBe(5000);
});

import { expect, test } from 'vitest';
import { adapt, startConcurrency } from './concurrency.ts';

function limits(max: number, outcomes: string): number[] {
  let state = startConcurrency(max);
  return [...outcomes].map((outcome) => (state = adapt(state, outcome === '+' ? 'good' : 'struggling')).limit);
}

test('halves at once and grows slowly', () => {
  expect(limits(4, '+-+++++++++')).toEqual([4, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4]);
});

test('never below one, never above the maximum', () => {
  expect(limits(4, '----')).toEqual([2, 1, 1, 1]);
  expect(limits(1, '-+++')).toEqual([1, 1, 1, 1]);
});

test('trouble interrupts a streak', () => {
  expect(limits(4, '-+-+-')).toEqual([2, 2, 1, 2, 1]);
});

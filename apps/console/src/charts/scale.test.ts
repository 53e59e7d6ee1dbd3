import { expect, test } from 'vitest';

import { knownRuns, niceTicks } from './scale.ts';

test('ticks are round and reach the largest value', () => {
  expect(niceTicks(0)).toEqual([0, 1]);
  expect(niceTicks(9)).toEqual([0, 5, 10]);
  expect(niceTicks(0.3)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(niceTicks(1234)).toEqual([0, 500, 1000, 1500]);
});

test('a gap parts a line in two', () => {
  expect(knownRuns([1, 2, null, null, 0, null, 3])).toEqual([[0, 1], [4], [6]]);
  expect(knownRuns([null])).toEqual([]);
});

import { expect, it } from 'vitest';

import { startingPoint } from './event-position.ts';

const head = { epoch: 3, first: 5, last: 20_000 };

it.each([
  [undefined, 20_000, false],
  ['', 20_000, false],
  ['3-20000', 20_000, false],
  ['3-19000', 19_000, false],
  ['3-10000', 10_000, false],
  ['3-9999', 20_000, true],
  ['3-20001', 20_000, true],
  ['2-19000', 20_000, true],
  ['19000', 20_000, true],
  ['3--1', 20_000, true],
])('after %s a stream goes on from %i (resync: %s)', (lastEventId, after, resync) => {
  expect(startingPoint(lastEventId, head)).toEqual({ after, resync });
});

it('needs what was pruned', () => {
  expect(startingPoint('3-4', { ...head, last: 9 })).toEqual({ after: 4, resync: false });
  expect(startingPoint('3-3', { ...head, last: 9 })).toEqual({ after: 9, resync: true });
  expect(startingPoint('3-8', { ...head, first: null, last: 9 })).toEqual({ after: 9, resync: true });
  expect(startingPoint('3-9', { ...head, first: null, last: 9 })).toEqual({ after: 9, resync: false });
});

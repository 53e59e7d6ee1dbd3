import { expect, test } from 'vitest';

import { isOut, newEndpointLoad, noteConnection, takeRetry } from './endpoint-load.ts';

test('five failures in a row put an endpoint out for ten seconds, then one does; one success forgets all', () => {
  const load = newEndpointLoad();
  for (let times = 0; times < 4; times++) noteConnection(load, false, 0);
  noteConnection(load, true, 0);
  for (let times = 0; times < 4; times++) noteConnection(load, false, 0);
  expect(isOut(load, 0)).toBe(false);
  noteConnection(load, false, 0);
  expect([isOut(load, 9_999), isOut(load, 10_000)]).toEqual([true, false]);
  noteConnection(load, false, 20_000);
  expect([isOut(load, 29_999), isOut(load, 30_000)]).toEqual([true, false]);
  noteConnection(load, true, 30_000);
  expect([load.failures, isOut(load, 0)]).toEqual([0, false]);
});

test('a burst of repeats, then one for every ten requests that were answered', () => {
  const load = newEndpointLoad();
  const taken = (): number => Array.from({ length: 1000 }, () => takeRetry(load)).filter(Boolean).length;
  expect(taken()).toBe(100);
  for (let times = 0; times < 105; times++) noteConnection(load, true, 0);
  expect(taken()).toBe(10);
  for (let times = 0; times < 5000; times++) noteConnection(load, true, 0);
  expect(taken()).toBe(100);
});

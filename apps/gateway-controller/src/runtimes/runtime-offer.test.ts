import { expect, it } from 'vitest';

import { type Release, runtimeOffer } from './runtime-offer.ts';

const release = (version: string, availableFromMs: number, mandatoryFromMs: number | null = null): Release => ({
  version,
  availableFromMs,
  mandatoryFromMs,
});
const state = (current: string | null, previous: string | null = null, left: string | null = null) => ({
  current,
  previous,
  left,
});

it('offers the newest release that is there, and none before its time', () => {
  const releases = [release('1.1.0', 10), release('1.2.0', 20)];
  expect(runtimeOffer(state('1.0.0'), releases, 9).pending).toBeNull();
  expect(runtimeOffer(state('1.0.0'), releases, 10).pending?.version).toBe('1.1.0');
  expect(runtimeOffer(state('1.0.0'), releases, 20).pending?.version).toBe('1.2.0');
  expect(runtimeOffer(state('1.2.0'), releases, 20).pending).toBeNull();
  expect(runtimeOffer(state(null), releases, 20).pending).toBeNull();
});

it('lets go back until the release that runs is mandatory', () => {
  const releases = [release('1.1.0', 10, 50)];
  expect(runtimeOffer(state('1.1.0', '1.0.0'), releases, 49)).toMatchObject({
    rollback: '1.0.0',
    window: { fromMs: 10, untilMs: 50 },
  });
  expect(runtimeOffer(state('1.1.0', '1.0.0'), releases, 50).rollback).toBeNull();
  expect(runtimeOffer(state('1.1.0'), releases, 49).rollback).toBeNull();
});

it('does not offer again what somebody went back from, until there is no choice', () => {
  const releases = [release('1.1.0', 10, 50)];
  expect(runtimeOffer(state('1.0.0', null, '1.1.0'), releases, 49)).toMatchObject({ pending: null, isDue: false });
  expect(runtimeOffer(state('1.0.0', null, '1.1.0'), releases, 50)).toMatchObject({ pending: { version: '1.1.0' }, isDue: true });
  expect(runtimeOffer(state('1.0.0', null, '1.1.0'), [...releases, release('1.1.1', 20)], 49).pending?.version).toBe('1.1.1');
});

it('is due at the end of its window, and a release without one never is', () => {
  expect(runtimeOffer(state('1.0.0'), [release('1.1.0', 10, 50)], 49).isDue).toBe(false);
  expect(runtimeOffer(state('1.0.0'), [release('1.1.0', 10, 50)], 50).isDue).toBe(true);
  expect(runtimeOffer(state('1.0.0'), [release('1.1.0', 10)], 1e15).isDue).toBe(false);
});

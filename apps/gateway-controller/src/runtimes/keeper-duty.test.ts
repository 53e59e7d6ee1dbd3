import { expect, it } from 'vitest';

import { keeperDuty, type KeeperFacts } from './keeper-duty.ts';

const facts = (more: Partial<KeeperFacts> = {}): KeeperFacts => ({
  nowMs: 100,
  wanted: null,
  previous: null,
  liveVersions: ['1.0.0'],
  pending: null,
  isDue: false,
  slotMs: null,
  hasRun: new Set(),
  failedUpdate: false,
  recentlyFailed: false,
  ...more,
});

it('leaves a pending release alone until its window is over or its slot has come', () => {
  expect(keeperDuty(facts({ pending: '1.1.0' }))).toBeNull();
  expect(keeperDuty(facts({ pending: '1.1.0', slotMs: 101 }))).toBeNull();
  expect(keeperDuty(facts({ pending: '1.1.0', slotMs: 100 }))).toEqual({ version: '1.1.0', kind: 'update', why: 'schedule' });
  expect(keeperDuty(facts({ pending: '1.1.0', isDue: true }))).toEqual({ version: '1.1.0', kind: 'update', why: 'mandatory' });
});

it('fires a slot once for each release', () => {
  const due = { pending: '1.1.0', slotMs: 50 };
  expect(keeperDuty(facts({ ...due, hasRun: new Set(['1.1.0']) }))).toBeNull();
  expect(keeperDuty(facts({ ...due, hasRun: new Set(['1.0.9']) }))).not.toBeNull();
});

it('brings nodes that were away to what is wanted, and nobody where nothing is', () => {
  expect(keeperDuty(facts({ wanted: '1.1.0' }))).toEqual({ version: '1.1.0', kind: 'update', why: 'behind' });
  expect(keeperDuty(facts({ wanted: '1.0.0' }))).toBeNull();
  expect(keeperDuty(facts({ wanted: '1.1.0', liveVersions: [] }))).toBeNull();
});

it('takes a failed update back, and then waits', () => {
  const failed = { wanted: '1.1.0', previous: '1.0.0', recentlyFailed: true };
  expect(keeperDuty(facts({ ...failed, failedUpdate: true }))).toEqual({ version: '1.0.0', kind: 'rollback', why: 'failed' });
  expect(keeperDuty(facts({ ...failed, failedUpdate: false }))).toBeNull();
});

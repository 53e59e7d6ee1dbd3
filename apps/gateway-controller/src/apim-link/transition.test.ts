import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LinkState, type Outcome, type OutcomeReport, transition } from './transition.ts';

const retry = { attemptsMax: 3, initialMs: 2000, maxMs: 300_000, reconcileMs: 900_000, random: () => 0.5 };
const fresh: LinkState = {
  desiredState: 'deployed',
  desiredGeneration: 7,
  syncedGeneration: 0,
  attempts: 0,
  disturbed: false,
  looks: 0,
  looking: false,
};

const synced: Outcome = { kind: 'synced' };
const failed = (cls: 'retryable' | 'terminal' | 'blocked', retryAfterMs = 0): Outcome => ({
  kind: 'failed',
  class: cls,
  code: 'c',
  message: 'm',
  retryAfterMs,
});
const said = (outcome: Outcome, more: Partial<OutcomeReport> = {}): OutcomeReport => ({
  generation: 7,
  tried: true,
  dirty: false,
  outcome,
  ...more,
});

const why = { reason: 'c', message: 'm' };
const silent = { reason: null, message: null };

describe('every outcome of every kind of link', () => {
  test.each<[string, Partial<LinkState>, OutcomeReport, Partial<ReturnType<typeof transition>>]>([
    [
      'success',
      {},
      said(synced),
      { phase: 'synced', syncedGeneration: 7, attempts: 1, dueInMs: null, letGo: false, target: 'works', ...silent },
    ],
    [
      'success without a call',
      {},
      said(synced, { tried: false }),
      { phase: 'synced', attempts: 0, syncedGeneration: 7, target: 'unchanged' },
    ],
    ['success of an undeploy', { desiredState: 'undeployed' }, said(synced), { phase: 'synced', letGo: false }],
    ['success of a tombstone', { desiredState: 'deleted' }, said(synced), { phase: 'synced', letGo: true }],
    [
      'success, edited meanwhile',
      { desiredGeneration: 9 },
      said(synced),
      { phase: 'waiting', syncedGeneration: 7, attempts: 0, dueInMs: 0 },
    ],
    [
      'success of an old push, deleted meanwhile',
      { desiredState: 'deleted', desiredGeneration: 8 },
      said(synced),
      { phase: 'waiting', letGo: false },
    ],
    ['success, disturbed by a late worker', { disturbed: true }, said(synced), { phase: 'waiting', dirty: true, dueInMs: 0 }],
    ['tombstone, disturbed', { disturbed: true, desiredState: 'deleted' }, said(synced), { phase: 'waiting', letGo: false }],

    [
      'first failure',
      {},
      said(failed('retryable')),
      { phase: 'waiting', attempts: 1, dueInMs: 1000, target: 'unchanged', ...why },
    ],
    ['second failure', { attempts: 1 }, said(failed('retryable')), { phase: 'waiting', attempts: 2, dueInMs: 2000 }],
    ['last failure', { attempts: 2 }, said(failed('retryable')), { phase: 'failed', attempts: 3, dueInMs: 675_000, ...why }],
    ['failure after giving up', { attempts: 3 }, said(failed('retryable')), { phase: 'failed', attempts: 4 }],
    [
      'never sent',
      { attempts: 1 },
      said(failed('retryable'), { tried: false }),
      { phase: 'waiting', attempts: 1, dueInMs: 4000 },
    ],
    [
      'never sent, after giving up',
      { attempts: 3 },
      said(failed('retryable'), { tried: false }),
      { phase: 'failed', attempts: 3 },
    ],
    ['unknown outcome', {}, said(failed('retryable'), { dirty: true }), { phase: 'waiting', dirty: true }],
    ['told to stay away', {}, said(failed('retryable', 60_000)), { phase: 'waiting', dueInMs: 60_000 }],
    ['told to stay away for a day', {}, said(failed('retryable', 86_400_000)), { dueInMs: 3_600_000 }],
    [
      'told to stay away, last try',
      { attempts: 2 },
      said(failed('retryable', 3_000_000)),
      { phase: 'failed', dueInMs: 3_000_000 },
    ],
    ['failure of an old push', { desiredGeneration: 9 }, said(failed('retryable')), { phase: 'waiting', attempts: 0 }],
    [
      'failure of a tombstone',
      { desiredState: 'deleted', attempts: 2 },
      said(failed('retryable')),
      { phase: 'failed', letGo: false },
    ],

    ['refused', {}, said(failed('terminal')), { phase: 'parked', attempts: 1, dueInMs: null, target: 'works', ...why }],
    [
      'refused before anything was sent',
      {},
      said(failed('terminal'), { tried: false }),
      { phase: 'parked', attempts: 0, target: 'unchanged' },
    ],
    ['refused, told to try again meanwhile', { disturbed: true }, said(failed('terminal')), { phase: 'waiting', dueInMs: 0 }],
    ['an old document refused', { desiredGeneration: 9 }, said(failed('terminal')), { phase: 'waiting', dueInMs: 0, ...silent }],
    [
      'a tombstone refused',
      { desiredState: 'deleted' },
      said(failed('terminal')),
      { phase: 'failed', dueInMs: 675_000, letGo: false },
    ],

    [
      'blocked',
      { attempts: 1 },
      said(failed('blocked')),
      { phase: 'blocked', attempts: 1, dueInMs: 16_000, target: 'blocked', ...why },
    ],
    ['blocked at the last try', { attempts: 2 }, said(failed('blocked')), { phase: 'blocked', attempts: 2 }],
    [
      'an old push blocked',
      { desiredGeneration: 9 },
      said(failed('blocked')),
      { phase: 'blocked', attempts: 0, target: 'blocked' },
    ],
  ])('%s', (_, state, report, expected) => {
    expect(transition({ ...fresh, ...state }, report, retry)).toMatchObject(expected);
  });
});

const states = fc.record({
  desiredState: fc.constantFrom('deployed', 'undeployed', 'deleted'),
  desiredGeneration: fc.integer({ min: 1, max: 5 }),
  syncedGeneration: fc.integer({ min: 0, max: 5 }),
  attempts: fc.integer({ min: 0, max: 5 }),
  disturbed: fc.boolean(),
}) as fc.Arbitrary<LinkState>;
const reports: fc.Arbitrary<OutcomeReport> = fc.record({
  generation: fc.integer({ min: 1, max: 5 }),
  tried: fc.boolean(),
  dirty: fc.boolean(),
  outcome: fc.oneof(
    fc.constant(synced),
    fc
      .record({ cls: fc.constantFrom('retryable' as const, 'terminal' as const, 'blocked' as const), ms: fc.nat() })
      .map(({ cls, ms }) => failed(cls, ms)),
  ),
});

test('whatever is reported: success means exactly what is wanted now, and nothing is forgotten', () => {
  fc.assert(
    fc.property(states, reports, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (state, report, random) => {
      const next = transition(state, report, { ...retry, random: () => random });
      if (next.phase === 'synced') {
        expect(report).toMatchObject({ outcome: synced, generation: state.desiredGeneration });
        expect(state.disturbed).toBe(false);
      }
      // Everything but success and a parked document comes due by itself.
      expect(next.dueInMs === null).toBe(next.phase === 'synced' || next.phase === 'parked');
      expect(next.syncedGeneration).toBeGreaterThanOrEqual(state.syncedGeneration);
      expect(next.attempts - state.attempts).toBeOneOf([0, 1]);
      if (report.dirty || state.disturbed) expect(next.dirty).toBe(true);
      if (next.letGo) expect(next.phase).toBe('synced');
      if (state.desiredState === 'deleted') expect(next.phase).not.toBe('parked');
    }),
  );
});

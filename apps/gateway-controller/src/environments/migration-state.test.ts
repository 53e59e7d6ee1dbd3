import { describe, expect, it } from 'vitest';

import { EVENTS, type MigrationFacts, migrationStep, observe, STATES } from './migration-state.ts';

describe('an environment migration', () => {
  it('goes forward by itself, and back until the source has let go', () => {
    const table = STATES.map((state) => [
      state,
      Object.fromEntries(
        EVENTS.flatMap((event) => (migrationStep(state, event) === null ? [] : [[event, migrationStep(state, event)?.to]])),
      ),
    ]);
    expect(Object.fromEntries(table)).toEqual({
      draft: { start: 'preparing' },
      preparing: { prepared: 'overlap', rehearsed: 'draft', refused: 'failed', cancel: 'cancelled', rollback: 'cancelled' },
      overlap: { elapsed: 'draining', rollback: 'rolled_back' },
      draining: { elapsed: 'completed', rollback: 'rolled_back' },
      completed: {},
      failed: {},
      rolled_back: {},
      cancelled: {},
    });
  });

  it('never takes the routes from one side before the other has them', () => {
    // Whatever the order of events: the source leaves only after the destination owns it, the destination only before.
    const walk = (state: (typeof STATES)[number], owner: 'source' | 'destination'): void => {
      for (const event of EVENTS) {
        const step = migrationStep(state, event);
        // A rehearsal leads back to where it began.
        if (step === null || event === 'rehearsed') continue;
        if (step.action === 'leave-source') expect(owner).toBe('destination');
        if (step.action === 'leave-destination') expect(owner).toBe('source');
        const next = { 'give-to-destination': 'destination', 'give-back-to-source': 'source' } as const;
        walk(step.to, step.action in next ? next[step.action as keyof typeof next] : owner);
      }
    };
    walk('draft', 'source');
  });
});

describe('what happens to a migration by itself', () => {
  const served = { id: 'a', served: true, refusal: null };
  const facts: MigrationFacts = {
    state: 'preparing',
    sinceMs: 0,
    nowMs: 1000,
    overlapMs: 300_000,
    drainMs: 5000,
    prepareLimitMs: 60_000,
    hasSource: true,
    hasDestination: true,
    rehearsing: false,
    probe: { refusal: null },
    nodes: [served],
    inFlight: null,
  };

  it.each<[string, Partial<MigrationFacts>, string | null]>([
    ['every node serves it', {}, 'prepared'],
    ['its routes have not been asked', { probe: null }, null],
    ['its routes were not asked in time', { probe: null, nowMs: 60_001 }, 'refused'],
    ['one of its routes is not there', { probe: { refusal: 'GET /x' } }, 'refused'],
    ['a rehearsal went well', { rehearsing: true }, 'rehearsed'],
    ['a rehearsal went badly', { rehearsing: true, probe: { refusal: 'GET /x' } }, 'rehearsed'],
    ['a rehearsal that a node refuses is over, too', { rehearsing: true, nodes: [{ ...served, refusal: 'no' }] }, 'rehearsed'],
    ['one node has not answered', { nodes: [served, { ...served, id: 'b', served: false }] }, null],
    ['one node has not answered in time', { nodes: [{ ...served, served: false }], nowMs: 60_001 }, 'refused'],
    ['one node refuses', { nodes: [served, { id: 'b', served: true, refusal: 'unknown policy' }] }, 'refused'],
    ['nobody is there, yet', { nodes: [], nowMs: 60_000 }, null],
    ['nobody is there', { nodes: [], nowMs: 60_001 }, 'refused'],
    ['off its gateway there is nobody to wait for', { hasDestination: false, nodes: [] }, 'prepared'],
    ['the overlap lasts', { state: 'overlap', nowMs: 299_999 }, null],
    ['the overlap is over', { state: 'overlap', nowMs: 300_000 }, 'elapsed'],
    ['onto a gateway nothing overlaps', { state: 'overlap', hasSource: false }, 'elapsed'],
    ['it drains', { state: 'draining', nowMs: 4999 }, null],
    ['it has drained', { state: 'draining', nowMs: 5000 }, 'elapsed'],
    ['nothing is under way any more', { state: 'draining', nowMs: 1, inFlight: 0 }, 'elapsed'],
    ['something is', { state: 'draining', nowMs: 4999, inFlight: 1 }, null],
    ['a draft waits for people', { state: 'draft' }, null],
    ['what is over stays over', { state: 'completed' }, null],
  ])('%s', (_, more, event) => {
    expect(observe({ ...facts, ...more })?.event ?? null).toBe(event);
  });
});

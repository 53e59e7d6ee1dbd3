import type { SharedCells } from '@tidegate/policy-sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fixedWindow } from './fixed-window.ts';
import { gcra } from './gcra.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import type { Quota } from './quota.ts';
import { limiterFor, limiterSettings } from './settings.ts';

const START_MS = 1_763_769_600_123;

const quota = fc.record({ limit: fc.integer({ min: 1, max: 6 }), windowMs: fc.integer({ min: 1, max: 50 }) });
/** Arrivals: how long after the one before, and of which key. */
const arrivals = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 30 }), key: fc.constantFrom('a', 'b', 'c', 'd', 'e') }),
  { maxLength: 120 },
);

interface Arrival {
  readonly atMs: number;
  readonly key: string;
}

function timed(steps: readonly { afterMs: number; key: string }[]): Arrival[] {
  let atMs = START_MS;
  return steps.map(({ afterMs, key }) => ({ atMs: (atMs += afterMs), key }));
}

/** Remembers every request that passed, for ever, and counts again each time. */
function naiveFixedWindow({ limit, windowMs }: Quota) {
  const passed: Arrival[] = [];
  return (arrival: Arrival): boolean => {
    const windowOf = (atMs: number) => Math.floor(atMs / windowMs);
    const used = passed.filter(({ key, atMs }) => key === arrival.key && windowOf(atMs) === windowOf(arrival.atMs)).length;
    if (used < limit) passed.push(arrival);
    return used < limit;
  };
}

/** Virtual scheduling in exact integers: a theoretical arrival time per key, in units of 1/limit ms. */
function naiveGcra({ limit, windowMs }: Quota) {
  const theoretical = new Map<string, bigint>();
  const [increment, tolerance] = [BigInt(windowMs), BigInt(windowMs) * BigInt(limit - 1)];
  return ({ key, atMs }: Arrival): boolean => {
    const now = BigInt(atMs) * BigInt(limit);
    const expected = theoretical.get(key) ?? now;
    if (expected - tolerance > now) return false;
    theoretical.set(key, (expected > now ? expected : now) + increment);
    return true;
  };
}

describe('with room for every key', () => {
  it('fixed window decides as counting all over again does', () => {
    fc.assert(
      fc.property(quota, arrivals, (limits, steps) => {
        const limiter = createLimiter(fixedWindow(limits));
        const naive = naiveFixedWindow(limits);
        for (const arrival of timed(steps)) expect(limiter.take(arrival.key, arrival.atMs).allowed).toBe(naive(arrival));
      }),
    );
  });

  it('GCRA decides as virtual scheduling in exact integers does', () => {
    fc.assert(
      fc.property(quota, arrivals, (limits, steps) => {
        const limiter = createLimiter(gcra(limits));
        const naive = naiveGcra(limits);
        for (const arrival of timed(steps)) expect(limiter.take(arrival.key, arrival.atMs).allowed).toBe(naive(arrival));
      }),
    );
  });

  it.each([
    ['fixed window', fixedWindow],
    ['GCRA', gcra],
  ])('%s keeps its promises about when to come back', (_name, algorithm) => {
    fc.assert(
      fc.property(quota, arrivals, (limits, steps) => {
        const { take, idle } = algorithm(limits) as ReturnType<typeof gcra>;
        let state: Parameters<typeof take>[0];
        for (const { atMs } of timed(steps)) {
          const taken = take(state, atMs);
          state = taken.state;
          const { allowed, remaining, retryAfterMs, resetAtMs } = taken.decision;
          expect(remaining).toBeGreaterThanOrEqual(0);
          expect(remaining).toBeLessThan(limits.limit);
          if (allowed) expect(retryAfterMs).toBe(0);
          else expect(take(state, atMs + retryAfterMs).decision.allowed).toBe(true);
          expect(take(state, resetAtMs + 1).decision.remaining).toBe(limits.limit - 1);
          expect(idle(state, resetAtMs + 1)).toBe(true);
        }
      }),
    );
  });
});

describe('with less room than keys', () => {
  it.each([
    ['fixed window', fixedWindow, naiveFixedWindow],
    ['GCRA', gcra, naiveGcra],
  ] as const)('%s never lets a key have more than with room', (_name, algorithm, naiveOf) => {
    fc.assert(
      fc.property(quota, arrivals, fc.integer({ min: 1, max: 3 }), (limits, steps, entriesMax) => {
        const limiter = createLimiter(algorithm(limits) as ReturnType<typeof gcra>, entriesMax);
        // What passed here is offered to a generous one, which must find that it had to pass.
        const naive = naiveOf(limits);
        for (const arrival of timed(steps)) {
          if (limiter.take(arrival.key, arrival.atMs).allowed) expect(naive(arrival)).toBe(true);
        }
      }),
    );
  });

  it('stays within its bound, and forgets idle keys first', () => {
    const limiter = createLimiter(fixedWindow({ limit: 1, windowMs: 10_000 }), 100);
    for (let at = 0; at < 50_000; at++) limiter.take(`stranger ${at}`, START_MS);
    expect(limiter.size).toBeLessThanOrEqual(100 + 1024);
    expect(limiter.take('stranger 7', START_MS).allowed).toBe(false);
    expect(limiter.take('newcomer', START_MS + 20_000).allowed).toBe(true);
    expect(limiter.size).toBe(1);
  });
});

describe('a clock that steps', () => {
  it('backwards does not lock a key out for longer than a window', () => {
    const { take } = gcra({ limit: 1, windowMs: 1000 });
    const { state } = take(undefined, START_MS);
    expect(take(state, START_MS - 500).decision.allowed).toBe(false);
    expect(take(state, START_MS - 86_400_000).decision.allowed).toBe(true);
    const fixed = fixedWindow({ limit: 1, windowMs: 1000 });
    expect(fixed.take(fixed.take(undefined, START_MS).state, START_MS - 86_400_000).decision.allowed).toBe(true);
  });
});

describe('counted together with others', () => {
  /** Cells as one worker alone would have them. */
  function plainCells(): SharedCells {
    const known = new Map<string, { a: number; b: number; untilMs: number }>();
    return {
      update(key, nowMs, change) {
        const there = known.get(key);
        const cell =
          there !== undefined && there.untilMs > nowMs ? { ...there, known: true } : { known: false, a: 0, b: 0, untilMs: 0 };
        change(cell);
        known.set(key, cell);
        return true;
      },
    };
  }

  it.each([
    ['fixed window', 'fixed-window', naiveFixedWindow],
    ['GCRA', 'gcra', naiveGcra],
  ] as const)('%s decides as one counter does, whoever of the workers is asked', (_name, algorithm, naiveOf) => {
    fc.assert(
      fc.property(quota, arrivals, (limits, steps) => {
        const cells = plainCells();
        const settings = limiterSettings.parse({ algorithm });
        const workers = [1, 2, 3].map(() => limiterFor(limits, settings, { cells, name: 'limit' }));
        const naive = naiveOf(limits);
        for (const [at, arrival] of timed(steps).entries()) {
          const worker = workers[at % workers.length] as Limiter;
          const peeked = worker.peek(arrival.key, arrival.atMs).allowed;
          const taken = worker.take(arrival.key, arrival.atMs).allowed;
          expect([peeked, taken]).toEqual([taken, naive(arrival)]);
        }
      }),
    );
  });
});

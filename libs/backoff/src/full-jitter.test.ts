import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fullJitter } from './full-jitter.ts';

const almostOne = () => 1 - Number.EPSILON;

describe('fullJitter', () => {
  test('doubles its ceiling with every attempt up to the cap', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((attempt) => fullJitter({ attempt, baseMs: 1000, capMs: 10_000, random: almostOne }));
    expect(waits).toEqual([999, 1999, 3999, 7999, 9999, 9999]);
  });

  test('uses the whole interval down to zero', () => {
    expect(fullJitter({ attempt: 9, baseMs: 1000, capMs: 300_000, random: () => 0 })).toBe(0);
    expect(fullJitter({ attempt: 1, baseMs: 1000, capMs: 300_000, random: () => 0.5 })).toBe(500);
  });

  test('never waits less than a peer asked for, even above the cap', () => {
    expect(fullJitter({ attempt: 1, baseMs: 10, capMs: 20, random: () => 0, floorMs: 7000 })).toBe(7000);
  });

  test('is finite, whole and within [floor, max(floor, cap)] for any attempt', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 1_000_000 }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 600_000 }),
        fc.integer({ min: 0, max: 10_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, baseMs, capMs, floorMs, random) => {
          const wait = fullJitter({ attempt, baseMs, capMs, floorMs, random: () => random });
          expect(Number.isInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(floorMs);
          expect(wait).toBeLessThanOrEqual(Math.max(floorMs, capMs));
        },
      ),
    );
  });
});

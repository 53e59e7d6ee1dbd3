import { afterEach, expect, test } from 'vitest';
import { type Lease, openLease } from './lease.ts';

let lease: Lease | undefined;
afterEach(() => lease?.close());

function open(ageMs: number, outcome: 'renewed' | 'lost' | 'unknown', stop = new AbortController().signal) {
  let renewals = 0;
  lease = openLease({
    leaseMs: 60_000,
    askedAtMs: performance.now() - ageMs,
    stop,
    renew: () => {
      renewals += 1;
      return Promise.resolve(outcome);
    },
  });
  return { lease, renewals: () => renewals };
}

test('ends before the controller says so', () => {
  expect(open(0, 'lost').lease.remainingMs()).toBeLessThanOrEqual(58_000);
});

test('is renewed only when too little is left', async () => {
  const { lease: fresh, renewals } = open(0, 'lost');
  expect(await fresh.ensure(30_000)).toBe(true);
  expect(renewals()).toBe(0);
});

test('is longer after a renewal', async () => {
  const { lease: old } = open(50_000, 'renewed');
  expect(await old.ensure(30_000)).toBe(true);
  expect(old.remainingMs()).toBeGreaterThan(50_000);
});

test('a refused renewal ends it; an absent controller does not', async () => {
  expect(await open(50_000, 'lost').lease.ensure(30_000)).toBe(false);
  expect(await open(50_000, 'unknown').lease.ensure(30_000)).toBe(true);
});

test('aborts what is in flight when it is over, and when the process stops', () => {
  const { lease: over } = open(0, 'lost', AbortSignal.abort());
  expect(over.signal.aborted).toBe(true);
});

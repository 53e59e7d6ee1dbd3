import { expect, it } from 'vitest';

import { LockOut } from './lock-out.ts';

function guessing() {
  const clock = { nowMs: 1000 };
  const lockOut = new LockOut(() => clock.nowMs);
  const fail = (times: number, address = '10.0.0.9', username = 'admin') => {
    for (let n = 0; n < times; n++) lockOut.attempt(address, username);
  };
  return { clock, lockOut, fail };
}

it('lets people mistype, then doubles the wait up to a minute', () => {
  const { clock, lockOut, fail } = guessing();
  fail(9);
  expect(lockOut.waitMs('10.0.0.9', 'admin')).toBe(0);
  const waits = Array.from({ length: 9 }, () => {
    fail(1);
    const waitMs = lockOut.waitMs('10.0.0.9', 'admin');
    clock.nowMs += waitMs;
    return waitMs;
  });
  expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000, 60_000]);
  expect(lockOut.waitMs('10.0.0.9', 'ADMIN')).toBe(0);
});

it('never locks out the owner, who comes from elsewhere', () => {
  const { lockOut, fail } = guessing();
  for (let host = 0; host < 200; host++) fail(40, `10.0.1.${host}`);
  expect(lockOut.waitMs('192.0.2.1', 'admin')).toBe(0);
});

it('slows an address down that tries many names, and all of one IPv6 network', () => {
  const { lockOut } = guessing();
  for (let n = 0; n < 50; n++) lockOut.attempt('2001:db8:1:2::1', `user-${n}`);
  expect(lockOut.waitMs('2001:db8:1:2:ffff::7', 'another')).toBeGreaterThan(0);
  expect(lockOut.waitMs('2001:db8:1:3::1', 'another')).toBe(0);
});

it('starts anew after the right password, and forgets after a while', () => {
  const { clock, lockOut, fail } = guessing();
  fail(12);
  lockOut.succeeded('10.0.0.9', 'admin');
  expect(lockOut.waitMs('10.0.0.9', 'admin')).toBe(0);
  fail(20);
  clock.nowMs += 16 * 60_000;
  fail(1);
  expect(lockOut.waitMs('10.0.0.9', 'admin')).toBe(0);
});

it('remembers a bounded number', () => {
  const { lockOut, fail } = guessing();
  fail(12, '10.9.9.9');
  for (let n = 0; n < 12_000; n++) lockOut.attempt(`10.1.${n >> 8}.${n & 255}`, 'admin');
  expect(lockOut.waitMs('10.9.9.9', 'admin')).toBe(0);
});

import { expect, test } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const nowMs = Date.parse('2026-05-26T10:15:30Z');

test.each([
  ['0', 0],
  [' 120 ', 120_000],
  ['Tue, 26 May 2026 10:15:40 GMT', 10_000],
  ['Tuesday, 26-May-26 10:15:40 GMT', 10_000],
  ['Mon, 25 May 2026 10:15:40 GMT', 0],
])('reads %s', (header, expected) => {
  expect(retryAfterMs(header, nowMs)).toBe(expected);
});

test.each([undefined, '', '-1', '1.5', 'soon', 'Tue, soon GMT', '2026-05-26T10:15:40Z'])('refuses %s', (header) => {
  expect(retryAfterMs(header, nowMs)).toBeNull();
});

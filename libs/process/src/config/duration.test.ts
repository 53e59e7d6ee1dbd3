import { expect, it } from 'vitest';

import { durationMs } from './duration.ts';

it.each([
  ['500ms', 500],
  ['3s', 3000],
  ['1.5s', 1500],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['30d', 2_592_000_000],
  ['250', 250],
  [250, 250],
  ['0', 0],
])('reads %s as %d ms', (text, ms) => {
  expect(durationMs().parse(text)).toBe(ms);
});

it.each(['', 'soon', '3 s', '-1s', '1s x', -1, Number.NaN, true])('refuses %s', (text) => {
  expect(durationMs().safeParse(text).success).toBe(false);
});

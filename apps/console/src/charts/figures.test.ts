import { expect, test } from 'vitest';

import { durationText, rateText, shareText } from './figures.ts';

test('figures are short, with the unit that fits', () => {
  expect([0, 0.25, 12.34, 2345].map(rateText)).toEqual(['0', '0.25', '12.3', '2.35 k']);
  expect([0.42, 12, 1340, 240_000].map(durationText)).toEqual(['0.42 ms', '12 ms', '1.3 s', '4 min']);
  expect(shareText(1, 4)).toBe('25 %');
  expect(shareText(0, 0)).toBe('—');
});

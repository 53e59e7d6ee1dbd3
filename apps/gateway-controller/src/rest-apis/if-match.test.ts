import { expect, it } from 'vitest';

import { refuseUnlessMatching } from './if-match.ts';

it.each([
  [undefined, true],
  ['*', true],
  ['"3"', true],
  ['3', true],
  ['"2", "3"', true],
  ['"2"', false],
  ['W/"3"', false],
  ['', false],
])('If-Match %s lets a write at generation 3 through: %s', (header, passes) => {
  const write = () => refuseUnlessMatching(header, 3);
  if (passes) expect(write).not.toThrow();
  else expect(write).toThrow(expect.objectContaining({ status: 412 }));
});

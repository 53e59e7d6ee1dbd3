import { expect, it } from 'vitest';

import { houseRuleNotes } from './house-rules.ts';

it.each([
  'libs/process/src/index.ts',
  'libs/route-table/src/build-route-table.property.test.ts',
  'apps/gateway-controller/migrations/0001-foundation.ts',
])('has nothing to say about %s', (path) => {
  expect(houseRuleNotes({ path, lines: 250 })).toEqual([]);
});

it.each([
  ['libs/x/src/utils.ts', 10, 'a name that says nothing'],
  ['libs/x/src/common/time.ts', 10, 'a name that says nothing'],
  ['libs/x/src/parseThing.ts', 10, 'not kebab-case'],
  ['libs/x/src/limiter/index.ts', 10, 'a barrel inside a folder'],
  ['libs/x/src/long.ts', 251, '251 lines'],
])('notes %s (%d lines): %s', (path, lines, note) => {
  expect(houseRuleNotes({ path, lines })).toEqual([expect.stringContaining(note)]);
});

import { expect, it } from 'vitest';

import { missingOptional } from './missing-optional.ts';

it('finds what is named and nowhere described', () => {
  const packages = {
    '': {},
    'node_modules/tool': { optionalDependencies: { '@tool/linux': '1', '@tool/darwin': '1' } },
    'node_modules/@tool/linux': {},
  };
  expect(missingOptional(packages)).toEqual([
    'node_modules/tool names @tool/darwin (optional), which has no entry in package-lock.json',
  ]);
});

it('looks beside the package, above it and at the root', () => {
  const packages = {
    'apps/a/node_modules/tool': { optionalDependencies: { inside: '1', beside: '1', atRoot: '1' } },
    'apps/a/node_modules/tool/node_modules/inside': {},
    'apps/a/node_modules/beside': {},
    'node_modules/atRoot': {},
    'apps/b/node_modules/tool': { optionalDependencies: { beside: '1' } },
  };
  expect(missingOptional(packages)).toEqual([expect.stringMatching(/^apps\/b\/node_modules\/tool names beside /)]);
});

import { policyDefinitions } from '@tidegate/policies/definitions';
import { definePolicy } from '@tidegate/policy-sdk';
import { expect, test } from 'vitest';
import { z } from 'zod';

import { compilerBuild } from './compiler-build.ts';

const defaults = { mainVhost: '*', sandboxVhost: 'sandbox-*', policyMerge: 'override' as const };

const policy = (limit: number, change: object = {}) =>
  definePolicy({
    name: 'sample',
    version: 'v1',
    fullVersion: '1.0.0',
    displayName: 'Sample',
    description: '',
    category: 'traffic',
    phases: ['request-headers'],
    params: z.strictObject({ limit: z.int().default(limit) }),
    ...change,
  });

test('one build for one way of compiling', () => {
  expect(compilerBuild(defaults, policyDefinitions)).toBe(compilerBuild({ ...defaults }, policyDefinitions));
  expect(compilerBuild(defaults, [policy(5)])).toBe(compilerBuild(defaults, [policy(5, { description: 'said better' })]));
});

test.each([
  ['a default of the gateway', compilerBuild({ ...defaults, policyMerge: 'additive' }, [policy(5)])],
  ['a default of a parameter', compilerBuild(defaults, [policy(6)])],
  ['the full version of a policy', compilerBuild(defaults, [policy(5, { fullVersion: '1.0.1' })])],
  ['a policy more', compilerBuild(defaults, [policy(5), policy(5, { name: 'other' })])],
])('%s makes another build', (_what, other) => {
  expect(other).not.toBe(compilerBuild(defaults, [policy(5)]));
});

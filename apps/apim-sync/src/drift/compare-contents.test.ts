import { expect, test } from 'vitest';

import { contentOf } from '@tidegate/rest-api/apim';
import { compareContents } from './compare-contents.ts';

const base = { context: '/a', policies: '[]', 'operations.GET /x': '[]' };
const always = () => true;

test.each([
  ['nothing changed', base, base, []],
  ['they changed it', base, { ...base, context: '/b' }, [{ path: 'context', base: '/a', ours: '/a', theirs: '/b' }]],
  ['only we changed it: no drift', { ...base, context: '/c' }, base, []],
  [
    'both did',
    { ...base, context: '/c' },
    { ...base, context: '/b' },
    [{ path: 'context', base: '/a', ours: '/c', theirs: '/b' }],
  ],
  ['they added', base, { ...base, 'operations.PUT /y': '[]' }, [{ path: 'operations.PUT /y', theirs: '[]' }]],
  ['they took away', base, { context: '/a', policies: '[]' }, [{ path: 'operations.GET /x', base: '[]', ours: '[]' }]],
])('%s', (_, ours, theirs, expected) => {
  const found = compareContents(base, ours, theirs, always);
  expect(found.map((each) => JSON.parse(JSON.stringify(each)) as unknown)).toEqual(expected);
});

test('what APIM says nothing about is no difference, and no more than a hundred are told', () => {
  expect(compareContents(base, base, {}, (path) => path === 'policies')).toHaveLength(1);
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`operations.GET /${index}`, '[]']));
  expect(compareContents({}, {}, many, always)).toHaveLength(100);
});

test('the order in which parameters are written is no difference; what is not said has no path', () => {
  const policy = (parameters: Record<string, unknown>) => ({
    apiHubPolicies: [{ policyName: 'p', policyVersion: '1.0', parameters }],
  });
  expect(contentOf(policy({ a: 1, b: { c: 1, d: [{ f: 1, e: 2 }] } }))).toEqual(
    contentOf(policy({ b: { d: [{ e: 2, f: 1 }], c: 1 }, a: 1 })),
  );
  expect(contentOf({ context: null, operations: [{ target: '/x', verb: 'get' }] })).toEqual({ 'operations.GET /x': '[]' });
});

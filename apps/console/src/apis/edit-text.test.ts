import { expect, test } from 'vitest';

import { pathText, valuesOf, withValue } from './edit-text.ts';

const TEXT = `kind: RestApi # ours
spec:
  context: /pets # where
  operations: []
`;

test('one value changes, the rest stays as it was written', () => {
  expect(withValue(TEXT, ['spec', 'context'], '/cats')).toBe(TEXT.replace('/pets', '/cats'));
  const added = withValue(TEXT, ['spec', 'policies', 0], { name: 'cors' });
  expect(valuesOf(added)).toMatchObject({ spec: { policies: [{ name: 'cors' }], context: '/pets' } });
  expect(valuesOf(withValue(added, ['spec', 'policies'], undefined))).toEqual(valuesOf(TEXT));
});

test('what cannot be read is null, nothing is an empty document', () => {
  expect(valuesOf('a: [')).toBeNull();
  expect(valuesOf('- 1')).toBeNull();
  expect(valuesOf('')).toEqual({});
});

test('a path is written as the server writes it', () => {
  expect(pathText(['spec', 'operations', 0, 'policies', 1, 'params', 'limit'])).toBe(
    'spec.operations[0].policies[1].params.limit',
  );
});

import { expect, test } from 'vitest';

import { compileHeaderTest } from './header-test.ts';

test('a pattern fits whole values of at most 1024 characters', () => {
  const { fits } = compileHeaderTest({ name: 'x', match: { $case: 'regex', value: 'a*b|c' } });
  expect([fits('ab'), fits('c'), fits('xc'), fits('')]).toEqual([true, true, false, false]);
  expect(fits(`${'a'.repeat(1023)}b`)).toBe(true);
  expect(fits(`${'a'.repeat(1024)}b`)).toBe(false);
});

test('an exact value may be of any length', () => {
  const value = 'a'.repeat(2000);
  expect(compileHeaderTest({ name: 'x', match: { $case: 'exact', value } }).fits(value)).toBe(true);
});

test('what says nothing, or cannot be compiled, is refused at build', () => {
  expect(() => compileHeaderTest({ name: 'x', match: undefined })).toThrow('says nothing');
  expect(() => compileHeaderTest({ name: 'x', match: { $case: 'regex', value: '(' } })).toThrow(SyntaxError);
});

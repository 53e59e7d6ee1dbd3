import { describe, expect, it } from 'vitest';

import { linearRegex, regexPattern } from './linear-regex.ts';

describe('a linear regular expression', () => {
  it('tests and replaces', () => {
    expect(linearRegex('^/v(\\d+)/').test('/v1/pets')).toBe(true);
    expect(linearRegex('b').test('abc')).toBe(true);
    expect(linearRegex('(\\d)-(x)?').replaceAll('1-x 2- 3', '<\\1\\2\\\\1>')).toBe('<1x\\1> <2\\1> 3');
    expect(linearRegex('a*').replaceAll('baac', '-')).toBe('-b--c-');
  });

  // A backtracking engine needs longer than the universe has for each of these; the test would never end.
  it.each(['(a+)+$', '(a|a)*b', '(.*)*x', '(a?){40}a{40}b', '([a-z]+)+[0-9]'])('%s ends on a hostile text', (pattern) => {
    expect(regexPattern.safeParse(pattern).success).toBe(true);
    expect(linearRegex(pattern).test(`${'a'.repeat(20_000)}!`)).toBe(false);
  });

  it('does not begin what would take too long', () => {
    const hostile = linearRegex('((.*a){30}b){10}$');
    expect(hostile.test('ab'.repeat(2000))).toBe(true);
    expect(() => hostile.test('ab'.repeat(50_000))).toThrow('too long');
    expect(() => hostile.replaceAll('ab'.repeat(50_000), '')).toThrow('too long');
    expect(linearRegex('password').test('x'.repeat(1_000_000))).toBe(false);
  });

  it.each([
    '(',
    '(?=a)',
    '(a)\\1',
    'a{1001}',
    '(a{1000}){1000}',
    '((a{100}){100}){100}',
    '((((a{0,30}){0,30}){0,30}){0,30})',
    '',
    'a'.repeat(1025),
  ])('refuses %s', (pattern) => {
    expect(regexPattern.safeParse(pattern).success).toBe(false);
  });
});

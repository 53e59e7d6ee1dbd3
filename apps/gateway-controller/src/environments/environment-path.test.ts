import { expect, it } from 'vitest';

import { parseEnvironmentPath } from './environment-path.ts';

const codes = (text: string) => {
  const parsed = parseEnvironmentPath(text);
  return parsed.ok ? parsed.basePath : parsed.errors.map(({ code }) => code.replace('ENVIRONMENT_PATH_', ''));
};

it.each([
  ['', ''],
  ['ws/rest', '/ws/rest'],
  ['a%7eb', '/a~b'],
  ['a%3ab', '/a%3Ab'],
  ['/ws', ['LEADING_SLASH']],
  ['ws/', ['TRAILING_SLASH']],
  ['a//b', ['CONSECUTIVE_SLASHES']],
  ['a b', ['SPACES']],
  ['a%zz', ['INVALID_ENCODED']],
  ['a%2fb', ['INVALID_ENCODED']],
  ['a%00', ['INVALID_ENCODED']],
  ['a/../b', ['RELATIVE']],
  ['a/%2e%2E', ['RELATIVE']],
  ['a{b}', ['INVALID_CHARACTER']],
  ['ä', ['INVALID_CHARACTER']],
  ['console/x', ['RESERVED']],
  ['/a//b c/', ['LEADING_SLASH', 'TRAILING_SLASH', 'CONSECUTIVE_SLASHES', 'SPACES']],
])('%j is %j', (text, expected) => {
  expect(codes(text)).toEqual(expected);
});

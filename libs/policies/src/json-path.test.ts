import { expect, it } from 'vitest';

import { jsonPath, jsonReader, parseJson } from './json-path.ts';

it.each([
  ['$', { a: 1 }, { a: 1 }],
  ['$.a.b', { a: { b: 2 } }, 2],
  ['$.m[-1].c', { m: [{ c: 1 }, { c: 2 }] }, 2],
  ["$['x y'][0]", { 'x y': [7] }, 7],
  ['$.a.b', { a: null }, undefined],
  ['$.length', [1], undefined],
  ['$.constructor', {}, undefined],
  ['$[5]', [1], undefined],
])('%s', (path, document, expected) => {
  expect(jsonPath.safeParse(path).success).toBe(true);
  expect(jsonReader(path)(document)).toEqual(expected);
});

it.each(['a', '$..a', '$.*', '$[?(@.x)]', "$['a", '$[1.5]', '$.'])('refuses %s', (path) => {
  expect(jsonPath.safeParse(path).success).toBe(false);
});

it('does not parse what is too deep', () => {
  expect(parseJson('[[1]]')).toEqual([[1]]);
  expect(parseJson(`${'['.repeat(5000)}${']'.repeat(5000)}`)).toBeUndefined();
  expect(parseJson('{')).toBeUndefined();
});

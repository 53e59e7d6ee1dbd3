import { PathTail } from '@tidegate/gateway-ir';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type PathShape, segmentsMeet, shapesMeet } from './path-shape.ts';

/** All texts of 1 to `longest` letters a and b. */
function wordsUpTo(longest: number): string[] {
  const words: string[][] = [['']];
  for (let length = 1; length <= longest; length++)
    words.push((words[length - 1] ?? []).flatMap((word) => [`${word}a`, `${word}b`]));
  return words.flat().slice(1);
}

const WORDS = wordsUpTo(9);
const edge = fc.constantFrom('', 'a', 'b', 'ab', 'ba');
/** At most two parameters; every pair that meets does so in a word of at most nine letters. */
const segment = fc.oneof(
  fc.constantFrom('a', 'b', 'ab', 'aba').map((text) => [text]),
  fc.tuple(edge, edge).map(([start, end]) => [start, null, end]),
  fc.tuple(edge, fc.constantFrom('a', 'b'), edge).map(([start, middle, end]) => [start, null, middle, null, end]),
);
const parts = segment.map((all) => all.filter((part) => part !== ''));

function expression(all: readonly (string | null)[]): string {
  return all.map((part) => part ?? '[^/]+').join('');
}

test('two segments meet exactly where some word fits both', () => {
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const [one, two] = [new RegExp(`^${expression(a)}$`), new RegExp(`^${expression(b)}$`)];
      expect(segmentsMeet(a, b)).toBe(WORDS.some((word) => one.test(word) && two.test(word)));
    }),
    { numRuns: 400 },
  );
});

const tail = fc.constantFrom(PathTail.EXACT, PathTail.OPTIONAL_SLASH, PathTail.SLASH, PathTail.SUBTREE);
const shape: fc.Arbitrary<PathShape> = fc.record({
  segments: fc.array(fc.constantFrom<(string | null)[]>(['a'], ['b'], [null], ['a', null]), { maxLength: 3 }),
  tail,
});

/** Reference data-plane §1.4; the root has one path only. */
function pathExpression({ segments, tail: end }: PathShape): RegExp {
  const tails = { [PathTail.EXACT]: '', [PathTail.OPTIONAL_SLASH]: '/?', [PathTail.SLASH]: '/', [PathTail.SUBTREE]: '(/.*)?' };
  if (segments.length === 0) return end === PathTail.SUBTREE ? /^\// : /^\/$/;
  return new RegExp(`^${segments.map((all) => `/${expression(all)}`).join('')}${tails[end as keyof typeof tails]}$`);
}

const SEGMENTS = ['a', 'b', 'aa', 'c'];
const PATHS = [1, 2, 3, 4]
  .reduce<string[][]>(
    (lists, _, at) => [...lists, (lists[at] ?? []).flatMap((path) => SEGMENTS.map((text) => `${path}/${text}`))],
    [['']],
  )
  .flat()
  .flatMap((path) => (path === '' ? ['/'] : [path, `${path}/`]));

test('two shapes meet exactly where some path fits both', () => {
  fc.assert(
    fc.property(shape, shape, (a, b) => {
      const [one, two] = [pathExpression(a), pathExpression(b)];
      expect(shapesMeet(a, b)).toBe(PATHS.some((path) => one.test(path) && two.test(path)));
    }),
    { numRuns: 1000 },
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { canonicalPath } from './canonical-path.ts';

describe('canonicalPath', () => {
  it.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a/b/', '/a/b/'],
    ['//w//v1.0/./items', '/w/v1.0/items'],
    ['/a/../b', '/b'],
    ['/a/b/..', '/a/'],
    ['/a/.', '/a/'],
    ['/a/..', '/'],
    ['/a/.hidden', '/a/.hidden'],
    ['/a/...', '/a/...'],
    ['/a%2Fb', '/a%2Fb'],
    ['/a%2fb', '/a%2Fb'],
    ['/%61%7E%2d', '/a~-'],
    ['/%2e%2e/a/%2E', null],
    ['/a/%2e%2e/b', '/b'],
    ['/a%5Cb', '/a%5Cb'],
    ['/a\\b', '/a%5Cb'],
    ['/a b', '/a%20b'],
    ['/ä', '/%C3%A4'],
    ['/😀', '/%F0%9F%98%80'],
    ['/..', null],
    ['/a/../../b', null],
    ['a', null],
    ['', null],
    ['/a%', null],
    ['/a%4', null],
    ['/a%zz', null],
    ['/a?b', null],
    ['/a#b', null],
    ['/a\u0000b', null],
    ['/a\nb', null],
    ['/a\u007fb', null],
  ])('spells %j as %j', (path, expected) => {
    expect(canonicalPath(path)).toBe(expected);
  });

  it('is idempotent, and leaves no segment that means something else', () => {
    const pieces = fc.constantFrom('/', '.', '..', 'a', '%2e', '%2F', '%61', ' ', 'é', '~', '//', '%', 'Z9');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const once = canonicalPath(`/${parts.join('')}`);
        if (once === null) return;
        expect(canonicalPath(once)).toBe(once);
        expect(once).not.toMatch(/\/\/|\/\.\.?(\/|$)|%(?![0-9A-F]{2})/);
      }),
    );
  });
});

import { expect, test } from 'vitest';

import { upstreamPath } from './upstream-path.ts';

/** Reference data-plane.md §1.9. */
test.each([
  ['/ctx', '/', '/b', '/b/'],
  ['/ctx/', '/', '/b', '/b/'],
  ['/ctx', '/', '', '/'],
  ['/ctx', '/*', '', '/'],
  ['/ctx/', '/*', '', '/'],
  ['/ctx/foo', '/*', '', '/foo'],
  ['/ctx', '/*', '/b', '/b'],
  ['/ctx/', '/*', '/b', '/b/'],
  ['/ctx/foo', '/*', '/b', '/b/foo'],
  ['/ctx/foo/x', '/foo/*', '/b', '/b/foo/x'],
  ['/ctx/rest/', '/rest', '/b', '/b/rest/'],
])('%s of operation %s on base "%s" asks for %s', (path, operationPath, base, expected) => {
  expect(upstreamPath(path, { context: '/ctx', operationPath }, base)).toBe(expected);
});

test('an API at the root keeps its paths', () => {
  expect(upstreamPath('/a', { context: '', operationPath: '/a' }, '')).toBe('/a');
  expect(upstreamPath('/', { context: '', operationPath: '/' }, '/b')).toBe('/b/');
});

import { expect, it } from 'vitest';

import { ACCESS_RULES, methodsAt, rolesFor } from './access.ts';

it('answers alike under both base paths, and HEAD as GET', () => {
  expect(rolesFor('GET', '/api/management/v1/rest-apis/:id')).toEqual(rolesFor('GET', '/rest-apis/:id'));
  expect(rolesFor('HEAD', '/rest-apis')).toEqual(rolesFor('GET', '/rest-apis'));
});

it('lets nobody on a route that has no rule', () => {
  expect(rolesFor('GET', '/rest-apis/:id/secrets')).toBeNull();
  expect(rolesFor('PATCH', '/rest-apis/:id')).toBeNull();
});

it('lets a viewer change nothing but their own session', () => {
  const writes = ACCESS_RULES.filter(({ method, path }) => method !== 'GET' && path !== '/session');
  expect(writes.filter(({ roles }) => roles === 'anyone' || roles.includes('viewer'))).toEqual([]);
});

it.each([
  ['/rest-apis', ['GET', 'HEAD', 'POST']],
  ['/api/management/v1/rest-apis/x/api-keys/y', ['DELETE', 'PUT']],
  ['/rest-apis/', []],
  ['/rest-apis/x/y', []],
  ['/api/management/v1', []],
])('knows the methods at %s', (path, methods) => {
  expect(methodsAt(path)).toEqual(methods);
});

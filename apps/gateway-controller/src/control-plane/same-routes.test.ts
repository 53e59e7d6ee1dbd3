import type { RestApiDocument } from '@tidegate/rest-api';
import { expect, test } from 'vitest';

import { sameRoutes } from './same-routes.ts';

const document = (spec: Partial<RestApiDocument['spec']> = {}): RestApiDocument => ({
  kind: 'RestApi',
  metadata: { name: 'a' },
  spec: {
    displayName: 'A',
    version: 'v1.0',
    context: '/a',
    upstream: { main: { url: 'https://a' } },
    operations: [
      { method: 'get', path: '/x' },
      { method: 'POST', path: '/y' },
    ],
    ...spec,
  },
});

const reordered = [{ method: 'POST', path: '/y' }, { match: { method: 'GET', path: { value: '/x' } } }];

test.each<[string, Partial<RestApiDocument['spec']>, boolean]>([
  ['the same', {}, true],
  ['the version behind the context, as APIM writes it', { context: '/a/v1.0' }, true],
  ['the version in the context', { context: '/a/$version' }, true],
  ['operations in another order and spelling', { operations: reordered }, true],
  ['other policies, which APIM may not know', { policies: [{ name: 'p' }] }, true],
  ['another context', { context: '/b' }, false],
  ['another backend', { upstream: { main: { url: 'https://b' } } }, false],
  ['an operation less', { operations: [{ method: 'GET', path: '/x' }] }, false],
])('%s', (_, theirs, expected) => {
  expect(sameRoutes(document(), document(theirs))).toBe(expected);
});

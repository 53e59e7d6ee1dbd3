import { expect, test } from 'vitest';

import { readKeys } from './list-keys.ts';

const sha256 = 'ab'.repeat(32);
const key = {
  uuid: 'u-1',
  name: 'portal-key',
  artifactUuid: 'api-1',
  apiKeyHashes: { sha256 },
  status: 'active',
  expiresAt: null,
};

test('reads what is active, by name or else by uuid', () => {
  const nameless = { ...key, name: null, artifactUuid: 'api-2', createdAt: '2026-05-26T10:00:00Z' };
  expect(readKeys(JSON.stringify([key, { ...key, status: 'REVOKED' }, nameless]))).toMatchObject({
    kind: 'listed',
    keys: [
      { artifactId: 'api-1', name: 'portal-key', sha256, expiresAt: '', updatedAt: '' },
      { artifactId: 'api-2', name: 'u-1', updatedAt: '2026-05-26T10:00:00Z' },
    ],
  });
});

test.each([
  ['not JSON', '{'],
  ['not a list', '{"list":[]}'],
  ['one without a digest', JSON.stringify([key, { ...key, apiKeyHashes: {} }])],
  ['one without an API', JSON.stringify([{ ...key, artifactUuid: '' }])],
  ['one without any name', JSON.stringify([{ ...key, name: '', uuid: '' }])],
  ['one that expires at no time', JSON.stringify([{ ...key, expiresAt: 'soon' }])],
])('%s is no listing at all', (_, body) => {
  expect(readKeys(body)).toMatchObject({ kind: 'failed' });
});

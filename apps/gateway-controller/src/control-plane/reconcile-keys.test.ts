import { expect, test } from 'vitest';

import { type ListedKey, type LocalKey, reconcileKeys } from './reconcile-keys.ts';

const askedAt = new Date('2026-05-26T12:00:00Z');
const listed = (name: string, more: Partial<ListedKey> = {}): ListedKey => ({
  artifactId: 'api',
  name,
  sha256: `digest of ${name}`,
  masked: '',
  externalRefId: '',
  issuer: '',
  expiresAt: '',
  updatedAt: '2026-05-26T10:00:00Z',
  ...more,
});
const local = (name: string, more: Partial<LocalKey> = {}): LocalKey => ({
  remoteId: 'api',
  name,
  sha256: `digest of ${name}`,
  expiresAt: null,
  updatedAt: new Date('2026-05-26T10:00:00Z'),
  ...more,
});
const found = (theirs: ListedKey[], here: LocalKey[]) => {
  const { events, held } = reconcileKeys(theirs, here, new Set(['api']), askedAt);
  return { events: events.map(({ eventType, payload }) => [eventType, payload]), held: held.length };
};

test.each<[string, ListedKey[], LocalKey[], string[]]>([
  ['nothing and nothing', [], [], []],
  ['the same', [listed('a')], [local('a')], []],
  ['the same digest in capitals', [listed('a', { sha256: 'DIGEST OF A' })], [local('a')], []],
  ['one that is not here', [listed('a')], [], ['apikey.created']],
  ['another value', [listed('a', { sha256: 'other' })], [local('a')], ['apikey.updated']],
  ['another end', [listed('a', { expiresAt: '2027-01-01T00:00:00Z' })], [local('a')], ['apikey.updated']],
  ['an end in the past', [listed('a', { expiresAt: '2026-01-01T00:00:00Z' })], [], []],
  ['of an API that is not here', [listed('a', { artifactId: 'other' })], [], []],
  ['not there any more', [listed('a')], [local('a'), local('b')], ['apikey.revoked']],
  ['made here since the list was asked for', [listed('a')], [local('a'), local('b', { updatedAt: askedAt })], []],
])('%s', (_, theirs, here, expected) => {
  expect(found(theirs, here)).toMatchObject({ events: expected.map((type) => [type, {}]), held: 0 });
});

test('an empty listing revokes nothing, as APIM 4.7 answers one whatever there is', () => {
  expect(found([], [local('a')])).toEqual({ events: [], held: 1 });
  expect(found([listed('c')], [local('a'), local('b')])).toMatchObject({ events: [['apikey.created', {}]], held: 2 });
});

test('a put is dated by the control plane, a revocation by the listing', () => {
  const { events } = reconcileKeys([listed('a')], [local('b'), local('a', { sha256: 'old' })], new Set(['api']), askedAt);
  expect(events.map(({ performedAt }) => performedAt)).toEqual(['2026-05-26T10:00:00Z', '2026-05-26T12:00:00.000Z']);
});

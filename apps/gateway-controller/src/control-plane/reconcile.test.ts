import { expect, test } from 'vitest';

import { type ListedDeployment, type LocalDeployment, reconcile } from './reconcile.ts';

const listed = (artifactId: string, more: Partial<ListedDeployment> = {}): ListedDeployment => ({
  artifactId,
  deploymentId: `d-${artifactId}`,
  state: 'DEPLOYED',
  deployedAt: '2026-05-26T10:00:00Z',
  ...more,
});
const local = (remoteId: string, more: Partial<LocalDeployment> = {}): LocalDeployment => ({
  remoteId,
  deploymentId: `d-${remoteId}`,
  performedAt: new Date('2026-05-26T10:00:00Z'),
  desiredState: 'deployed',
  ...more,
});
const found = (theirs: ListedDeployment[], here: LocalDeployment[], own: string[] = []) =>
  reconcile(theirs, here, new Set(own)).events.map(({ eventType, subject }) => `${eventType} ${subject}`);

test.each<[string, ListedDeployment[], LocalDeployment[], string[]]>([
  ['nothing and nothing', [], [], []],
  ['the same', [listed('a')], [local('a')], []],
  ['one that is not here', [listed('a')], [], ['api.deployed a']],
  ['another deployment', [listed('a', { deploymentId: 'd2' })], [local('a')], ['api.deployed a']],
  ['deployed again', [listed('a', { deployedAt: '2026-05-26T11:00:00Z' })], [local('a')], ['api.deployed a']],
  ['undeployed here', [listed('a')], [local('a', { desiredState: 'undeployed' })], ['api.deployed a']],
  ['undeployed there', [listed('a', { state: 'undeployed' })], [local('a')], ['api.undeployed a']],
  ['undeployed there, never here', [listed('a', { state: 'UNDEPLOYED' })], [], []],
  ['not there any more', [listed('b')], [local('a'), local('b')], ['api.undeployed a']],
  ['the only one, not there any more', [listed('b', { state: 'UNDEPLOYED' })], [local('a')], ['api.undeployed a']],
  ['undeployed on both sides', [], [local('a', { desiredState: 'undeployed' })], []],
  ['a time that is none', [listed('a', { deployedAt: 'soon' })], [], []],
])('%s', (_, theirs, here, expected) => {
  expect(found(theirs, here)).toEqual(expected);
});

test('what we pushed ourselves is no deployment of theirs', () => {
  expect(found([listed('ours'), listed('theirs')], [], ['ours'])).toEqual(['api.deployed theirs']);
});

const many = (count: number) => Array.from({ length: count }, (_, index) => local(`api-${index}`));

test('a listing that would take away more than ten and a fifth is not believed', () => {
  const rest = (count: number, missing: number) =>
    many(count)
      .slice(missing)
      .map(({ remoteId }) => listed(remoteId));
  expect(reconcile(rest(12, 11), many(12), new Set())).toMatchObject({ events: [], held: { length: 11 } });
  expect(reconcile(rest(12, 10), many(12), new Set())).toMatchObject({ held: [], events: { length: 10 } });
  expect(reconcile(rest(100, 11), many(100), new Set())).toMatchObject({ held: [], events: { length: 11 } });
});

test.each([1, 2, 10])('an empty listing takes nothing away from %i APIs', (count) => {
  expect(reconcile([], many(count), new Set())).toMatchObject({ events: [], held: { length: count } });
});

test('a listing of none of several is one of something else; what is listed as undeployed is undeployed', () => {
  expect(reconcile([listed('ours')], many(2), new Set(['ours']))).toMatchObject({ events: [], held: { length: 2 } });
  const undeployed = many(3).map(({ remoteId }) => listed(remoteId, { state: 'UNDEPLOYED' }));
  expect(reconcile(undeployed, many(3), new Set())).toMatchObject({ events: { length: 3 }, held: [] });
});

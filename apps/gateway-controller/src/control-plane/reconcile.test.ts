import { expect, test } from 'vitest';

import { type ListedDeployment, type LocalDeployment, reconcile } from './reconcile.ts';

const now = new Date('2026-05-26T12:00:00Z');
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
  reconcile(theirs, here, new Set(own), now).events.map(({ eventType, subject }) => `${eventType} ${subject}`);

test.each<[string, ListedDeployment[], LocalDeployment[], string[]]>([
  ['nothing and nothing', [], [], []],
  ['the same', [listed('a')], [local('a')], []],
  ['one that is not here', [listed('a')], [], ['api.deployed a']],
  ['another deployment', [listed('a', { deploymentId: 'd2' })], [local('a')], ['api.deployed a']],
  ['deployed again', [listed('a', { deployedAt: '2026-05-26T11:00:00Z' })], [local('a')], ['api.deployed a']],
  ['undeployed here', [listed('a')], [local('a', { desiredState: 'undeployed' })], ['api.deployed a']],
  ['undeployed there', [listed('a', { state: 'undeployed' })], [local('a')], ['api.undeployed a']],
  ['undeployed there, never here', [listed('a', { state: 'UNDEPLOYED' })], [], []],
  ['not there any more', [], [local('a')], ['api.undeployed a']],
  ['undeployed on both sides', [], [local('a', { desiredState: 'undeployed' })], []],
  ['a time that is none', [listed('a', { deployedAt: 'soon' })], [], []],
])('%s', (_, theirs, here, expected) => {
  expect(found(theirs, here)).toEqual(expected);
});

test('what we pushed ourselves is no deployment of theirs', () => {
  expect(found([listed('ours'), listed('theirs')], [], ['ours'])).toEqual(['api.deployed theirs']);
});

test('a listing that would take away more than ten and a fifth is not believed', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => local(`api-${index}`));
  expect(reconcile([], many(11), new Set(), now)).toEqual({ events: [], held: 11 });
  expect(reconcile([], many(10), new Set(), now)).toMatchObject({ held: 0, events: { length: 10 } });
  const most = many(100)
    .slice(11)
    .map(({ remoteId }) => listed(remoteId));
  expect(reconcile(most, many(100), new Set(), now)).toMatchObject({ held: 0, events: { length: 11 } });
});

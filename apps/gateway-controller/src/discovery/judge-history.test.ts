import { expect, test } from 'vitest';

import { isCredible, judgeHello, type RewindEvidence, sameServer } from './judge-history.ts';
import type { TableState } from './plan-push.ts';

const A = new Uint8Array(32).fill(1);
const B = new Uint8Array(32).fill(2);
const ours: TableState = { epoch: 3, version: 20, hash: A, build: 'b1' };

test.each<[string, Partial<TableState>, number, RewindEvidence | null]>([
  ['holds what we have', {}, 0, null],
  ['is behind', { version: 12, hash: B }, 0, null],
  ['has nothing yet', { epoch: 9, version: 0 }, 0, null],
  ['is ahead of the restored backup', { version: 21, hash: B }, 0, 'version-ahead'],
  ['lived through the same number of changes, but others', { hash: B }, 0, 'other-hash'],
  ['was compiled for by another build', { hash: B, build: 'b0' }, 0, null],
  ['knows an epoch that the backup forgot', { epoch: 4, version: 5 }, 0, 'epoch-ahead'],
  ['slept through the last rewind', { epoch: 2, version: 50, hash: B }, 0, null],
  ['saw a key removed that is active again', { version: 12, hash: B }, 1, 'revoked-key-active'],
  ['of an older epoch saw a key removed that is active again', { epoch: 2, version: 7 }, 1, 'revoked-key-active'],
])('a node that %s', (_what, difference, revokedActive, evidence) => {
  expect(judgeHello({ ...ours, ...difference }, ours, revokedActive)).toBe(evidence);
});

test('a fail-over is another timeline of one system', () => {
  const stored = { systemIdentifier: '7001', timeline: 1 };
  expect(sameServer(stored, { ...stored })).toBe(true);
  expect(sameServer(stored, { ...stored, timeline: 2 })).toBe(false);
  expect(sameServer(stored, { ...stored, systemIdentifier: '7002' })).toBe(false);
});

test('nobody can claim a history so long that no number is left after it', () => {
  expect(isCredible({ ...ours, version: 1_000_000, epoch: 1_700_000_000 }, ours)).toBe(true);
  expect(isCredible({ ...ours, version: 2 ** 52 }, ours)).toBe(false);
  expect(isCredible({ ...ours, epoch: 2 ** 52 }, ours)).toBe(false);
});

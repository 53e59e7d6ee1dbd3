import { expect, test } from 'vitest';

import { planPush, type TableState, type WantedState } from './plan-push.ts';

const A = new Uint8Array(32).fill(1);
const B = new Uint8Array(32).fill(2);
const wanted: WantedState = { epoch: 2, version: 10, hash: A, build: 'b1', floor: 4, deletionsConfirmed: false };
const held: TableState = { epoch: 2, version: 10, hash: A, build: 'b1' };

test.each<[string, Partial<TableState>, ReturnType<typeof planPush>]>([
  ['the same table', {}, { kind: 'nothing' }],
  ['nothing yet', { version: 0 }, { kind: 'full' }],
  ['an older version', { version: 7 }, { kind: 'delta', fromVersion: 7 }],
  ['exactly the floor', { version: 4 }, { kind: 'delta', fromVersion: 4 }],
  ['older than the floor', { version: 3 }, { kind: 'full' }],
  ['another epoch', { epoch: 1, version: 7 }, { kind: 'full' }],
  ['another build', { build: 'b0' }, { kind: 'full' }],
  ['the same version with another hash', { hash: B }, { kind: 'full' }],
  ['a version this replica has not seen yet', { version: 11 }, { kind: 'nothing' }],
])('a node that holds %s', (_what, difference, plan) => {
  expect(planPush({ ...held, ...difference }, wanted)).toEqual(plan);
});

import { EMPTY_TABLE_HASH, EntryKind, tableHash } from '@tidegate/gateway-ir';
import { expect, test } from 'vitest';

import { type DerivedEntry, GatewaySnapshot } from './gateway-snapshot.ts';

function routes(id: string, version: number, change: Partial<DerivedEntry> = {}): DerivedEntry {
  const entry = {
    kind: EntryKind.ROUTES,
    id,
    version,
    content: Buffer.from(`${id}@${version}`),
    claims: [`* GET /${id}`],
    apiHandle: id,
  };
  return { ...entry, diagnostics: [], ...change };
}

const gone = { content: null, claims: [], apiHandle: null };

function snapshotOf(version: number, entries: DerivedEntry[], floor = 0): GatewaySnapshot {
  const snapshot = new GatewaySnapshot();
  snapshot.apply({ version, floor, committedAtMs: 0, deletionsConfirmedEpoch: 0, entries });
  return snapshot;
}

test('nothing hashes to the hash of nothing', () => {
  expect(new GatewaySnapshot().hash).toEqual(EMPTY_TABLE_HASH);
  expect(Buffer.from(snapshotOf(1, []).hash)).toEqual(Buffer.from(EMPTY_TABLE_HASH));
});

test('a delta names what changed and what went; the listing names what is left', () => {
  const snapshot = snapshotOf(3, [routes('a', 1), routes('b', 2), routes('c', 3)]);
  snapshot.apply({
    version: 5,
    floor: 0,
    committedAtMs: 9,
    deletionsConfirmedEpoch: 0,
    entries: [routes('a', 5), routes('b', 4, gone)],
  });
  expect(snapshot.since(3).map(({ id, removed }) => [id, removed])).toEqual([
    ['a', false],
    ['b', true],
  ]);
  expect(
    snapshot
      .all()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(['a', 'c']);
  expect(snapshot.count).toBe(2);
  expect(Buffer.from(snapshot.hash)).toEqual(tableHash(snapshot.all()));
});

test('how a table came about does not show in its hash', () => {
  const grown = snapshotOf(1, [routes('a', 1), routes('b', 1)]);
  grown.apply({ version: 2, floor: 0, committedAtMs: 0, deletionsConfirmedEpoch: 0, entries: [routes('a', 2, gone)] });
  const loaded = snapshotOf(2, [routes('b', 1)]);
  expect(Buffer.from(grown.hash)).toEqual(Buffer.from(loaded.hash));
});

test('a path may change hands within one change, and an undeployed owner keeps it', () => {
  const snapshot = snapshotOf(1, [routes('a', 1, { claims: ['* GET /x'] })]);
  snapshot.apply({
    version: 2,
    floor: 0,
    committedAtMs: 0,
    deletionsConfirmedEpoch: 0,
    entries: [routes('b', 2, { claims: ['* GET /x'] }), routes('a', 2)],
  });
  expect(snapshot.ownerOf('* GET /x', 'c')).toEqual({ deploymentId: 'b', apiHandle: 'b' });
  expect(snapshot.ownerOf('* GET /x', 'b')).toBeUndefined();
  snapshot.apply({
    version: 3,
    floor: 0,
    committedAtMs: 0,
    deletionsConfirmedEpoch: 0,
    entries: [routes('b', 3, { content: null, claims: ['* GET /x'] })],
  });
  expect(snapshot.ownerOf('* GET /x', 'c')?.apiHandle).toBe('b');
  snapshot.apply({ version: 4, floor: 0, committedAtMs: 0, deletionsConfirmedEpoch: 0, entries: [routes('b', 4, gone)] });
  expect(snapshot.ownerOf('* GET /x', 'c')).toBeUndefined();
});

test('below the floor tombstones are forgotten, owners are not', () => {
  const snapshot = snapshotOf(4, [routes('a', 2, gone), routes('b', 3, { content: null }), routes('c', 4, gone)]);
  snapshot.raiseFloor(3);
  expect(snapshot.since(0).map(({ id }) => id)).toEqual(['b', 'c']);
  expect(snapshot.ownerOf('* GET /b', 'x')?.apiHandle).toBe('b');
});

test('a route that two deployments claim is named with both, until one of them lets go', () => {
  const claims = ['* GET /same'];
  const snapshot = snapshotOf(2, [routes('a', 1, { claims }), routes('b', 2, { claims }), routes('c', 2)]);
  expect(snapshot.conflicts()).toEqual([{ claim: '* GET /same', apiHandles: ['a', 'b'] }]);
  snapshot.apply({ version: 3, floor: 0, committedAtMs: 0, deletionsConfirmedEpoch: 0, entries: [routes('b', 3)] });
  expect(snapshot.conflicts()).toEqual([]);
});

import { EntryKind } from '@tidegate/gateway-ir';
import { expect, test } from 'vitest';

import { sampleDeployment, sampleEntry, sampleHeld } from '../testing/sample-held.ts';
import { deltaOf, withDelta } from './table-delta.ts';

const api = (id: string, context: string) => sampleDeployment({ id, context, upstream: {}, routes: [] });

test('a thread that is told what changed holds the same, whatever came before', () => {
  const tables = [
    sampleHeld([api('a/e', '/a'), api('b/e', '/b')], 1),
    sampleHeld([api('a/e', '/a'), api('b/e', '/changed'), api('c/e', '/c')], 2),
    sampleHeld([api('c/e', '/c')], 3),
    sampleHeld([], 4),
  ];
  let held = null;
  let before = null;
  const sizes: [number, number][] = [];
  for (const next of tables) {
    const delta = structuredClone(deltaOf(before, next));
    sizes.push([delta.changed.length, delta.removed.length]);
    held = withDelta(held, delta);
    before = next;
    expect(held).toEqual(next);
  }
  expect(sizes).toEqual([
    [2, 0],
    [2, 0],
    [0, 2],
    [0, 1],
  ]);
});

test('only an entry’s own bytes travel, not the message it came in', () => {
  const message = Buffer.alloc(1024 * 1024, 'x');
  const held = sampleHeld([sampleEntry(EntryKind.ROUTES, 'a', message.subarray(10, 20))]);
  const [entry] = deltaOf(null, held).changed;
  expect(entry?.content.buffer.byteLength).toBe(10);
});

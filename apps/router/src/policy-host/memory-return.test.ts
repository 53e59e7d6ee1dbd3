import { expect, test } from 'vitest';

import { collectEverything, createMemoryReturn } from './memory-return.ts';

function setUp(busy: boolean) {
  const state = { busy, collections: 0 };
  const memory = createMemoryReturn({ collect: () => (state.collections += 1), calm: () => !state.busy });
  return { state, memory };
}

test('after a large change memory goes back once, in the first calm moment', () => {
  const { state, memory } = setUp(true);
  memory.tick(0);
  memory.tableChanged(0, 5_000);
  for (let ms = 1_000; ms < 600_000; ms += 1_000) memory.tick(ms);
  expect(state.collections).toBe(0);
  state.busy = false;
  memory.tick(600_000);
  memory.tick(601_000);
  expect(state.collections).toBe(1);
});

test('a router that is never calm pauses for a table that has shrunk, and for a small change nobody does', () => {
  const { state, memory } = setUp(true);
  memory.tableChanged(5_000, 4_950);
  memory.tick(0);
  memory.tableChanged(5_000, 100);
  memory.tick(1_000);
  memory.tick(60_000);
  expect(state.collections).toBe(0);
  memory.tick(61_000);
  expect(state.collections).toBe(1);
});

test('what is collected goes back to the system', () => {
  const collect = collectEverything();
  collect();
  const before = process.memoryUsage().heapTotal;
  let many: object[] | null = Array.from({ length: 500_000 }, (_, index) => ({ index, text: `some text ${index}` }));
  expect(many.length).toBe(500_000);
  const full = process.memoryUsage().heapTotal;
  many = null;
  collect();
  expect(process.memoryUsage().heapTotal).toBeLessThan(before + (full - before) / 2);
});

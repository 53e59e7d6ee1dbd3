import { Worker } from 'node:worker_threads';

import { expect, test } from 'vitest';

import { newSharedMemory, openSharedCells, releaseLocksOf } from './shared-cells.ts';

const NOW_MS = 1_763_769_600_000;

test('a key has its own pair, on every side, until it runs out', () => {
  const memory = newSharedMemory(64);
  const [one, two] = [openSharedCells(memory, 1), openSharedCells(memory, 2)];
  one.update('a', NOW_MS, (cell) => {
    expect(cell).toMatchObject({ known: false, a: 0, b: 0 });
    Object.assign(cell, { a: 1.5, b: 2 ** 50, untilMs: NOW_MS + 10 });
  });
  two.update('b', NOW_MS, (cell) => expect(cell.known).toBe(false));
  two.update('a', NOW_MS + 9, (cell) => expect(cell).toMatchObject({ known: true, a: 1.5, b: 2 ** 50 }));
  two.update('a', NOW_MS + 10, (cell) => expect(cell).toMatchObject({ known: false, a: 0, b: 0 }));
});

test('thousands of keys are kept apart; a full bucket says so, and has room again when keys run out', () => {
  const cells = openSharedCells(newSharedMemory(1024), 1);
  const put = (key: string, value: number, nowMs = NOW_MS) =>
    cells.update(key, nowMs, (cell) => void Object.assign(cell, { a: value, untilMs: NOW_MS + 1000 }));
  const stored = Array.from({ length: 4000 }, (_, at) => put(`key ${at}`, at));
  expect(stored.filter(Boolean).length).toBeGreaterThan(3900);
  for (let at = 0; at < 4000; at++) {
    if (stored[at] === true) cells.update(`key ${at}`, NOW_MS, (cell) => expect(cell.a).toBe(at));
  }
  const small = openSharedCells(newSharedMemory(1), 1);
  const fill = (nowMs: number) =>
    Array.from({ length: 10 }, (_, at) =>
      small.update(`${nowMs} ${at}`, nowMs, (cell) => void Object.assign(cell, { untilMs: nowMs + 100 })),
    );
  expect(fill(NOW_MS).filter(Boolean)).toHaveLength(8);
  expect(fill(NOW_MS + 50).filter(Boolean)).toHaveLength(0);
  expect(fill(NOW_MS + 200).filter(Boolean)).toHaveLength(8);
});

test('a change that throws leaves the bucket open; locks of a worker that is gone are opened', () => {
  const memory = newSharedMemory(1);
  const [one, two] = [openSharedCells(memory, 1), openSharedCells(memory, 2)];
  const fails = (): never => {
    throw new Error('no');
  };
  expect(() => one.update('a', NOW_MS, fails)).toThrow('no');
  expect(two.update('a', NOW_MS, () => undefined)).toBe(true);
  // A worker that was ended in the middle of a change.
  two.update('a', NOW_MS, () => {
    releaseLocksOf(memory, 2);
    expect(one.update('b', NOW_MS, () => undefined)).toBe(true);
  });
});

test('threads that count the same key at once lose nothing', async () => {
  const memory = newSharedMemory(2);
  const module = new URL('./shared-cells.ts', import.meta.url).href;
  const times = 20_000;
  const program = `
    const { workerData } = require('node:worker_threads');
    import(${JSON.stringify(module)}).then(({ openSharedCells }) => {
      const cells = openSharedCells(workerData.memory, workerData.worker);
      for (let at = 0; at < ${times}; at++)
        cells.update(at % 2 === 0 ? 'even' : 'odd', ${NOW_MS}, (cell) => { cell.a += 1; cell.untilMs = ${NOW_MS + 1000}; });
    });`;
  const workers = [1, 2, 3].map((worker) => new Worker(program, { eval: true, workerData: { memory, worker } }));
  const codes = await Promise.all(workers.map((each) => new Promise((resolve) => each.once('exit', resolve))));
  expect(codes).toEqual([0, 0, 0]);
  const cells = openSharedCells(memory, 4);
  for (const key of ['even', 'odd']) cells.update(key, NOW_MS, (cell) => expect(cell.a).toBe((3 * times) / 2));
});

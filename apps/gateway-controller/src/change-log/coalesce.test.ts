import { expect, test } from 'vitest';

import { coalesce } from './coalesce.ts';

function gate() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { promise, resolve, reject };
}

test('callers during a run share one further run, which begins after they asked', async () => {
  const gates = [gate(), gate(), gate()];
  let begun = 0;
  const run = coalesce(() => gates[begun++]!.promise);

  const first = run();
  const second = run();
  const third = run();
  expect(begun).toBe(1);

  gates[0]!.resolve();
  await first;
  await Promise.resolve();
  await new Promise(setImmediate);
  expect(begun).toBe(2);

  gates[1]!.resolve();
  await Promise.all([second, third]);
  expect(begun).toBe(2);
});

test('a failed run fails its callers only', async () => {
  const failing = gate();
  let begun = 0;
  const run = coalesce(() => (begun++ === 0 ? failing.promise : Promise.resolve()));
  const first = run();
  const second = run();
  failing.reject(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await expect(second).resolves.toBeUndefined();
  await expect(run()).resolves.toBeUndefined();
});

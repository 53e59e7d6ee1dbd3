import { expect, it } from 'vitest';

import { anchoredWindow } from './anchored-window.ts';
import { type Ask, memoryCounters } from './counters.ts';
import { fixedWindow } from './fixed-window.ts';
import { gcra } from './gcra.ts';
import { createLimiter, type Limiter } from './limiter.ts';

const NOW_MS = 1_763_769_610_000;
const quota = { limit: 5, windowMs: 60_000 };

function ask(limiter: Limiter): Ask {
  return { limit: { id: 'l', quota, limiter }, key: 'k', cost: 1, keep: true };
}

it.each([
  ['fixed window', () => createLimiter(fixedWindow(quota))],
  ['anchored window', () => createLimiter(anchoredWindow(quota))],
  ['gcra', () => createLimiter(gcra(quota))],
])('%s gets back what it gave when another worker took the last of a later limit in between', async (_name, create) => {
  const first = create();
  const last = createLimiter(fixedWindow({ limit: 1, windowMs: 60_000 }));
  // Somebody else takes it between the look and the taking.
  const stolen: Limiter = {
    ...last,
    peek: (key, nowMs, cost) => {
      const ahead = last.peek(key, nowMs, cost);
      last.take(key, nowMs);
      return ahead;
    },
    size: 0,
  };
  const { decisions } = await memoryCounters(() => NOW_MS).take([ask(first), ask(stolen)]);
  expect(decisions.map(({ allowed }) => allowed)).toEqual([true, false]);
  expect(first.peek('k', NOW_MS, 0).remaining).toBe(5);
});

it('gives back no more than was taken', () => {
  for (const algorithm of [fixedWindow(quota), anchoredWindow(quota)])
    expect(algorithm.settle(undefined, NOW_MS, -3)).toMatchObject({ used: 0 });
  expect(gcra(quota).settle(undefined, NOW_MS, -3)).toMatchObject({ level: 0 });
});

import { freshRedis, type FreshRedis } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { anchoredWindow } from './anchored-window.ts';
import { fixedWindow } from './fixed-window.ts';
import { gcra } from './gcra.ts';
import type { Algorithm, Decision, Quota } from './quota.ts';
import { CHARGE } from './redis-script.ts';

/** The script against the algorithms it is written after, told what time Redis says it is. */

let redis: FreshRedis;
beforeAll(async () => {
  redis = await freshRedis();
});
afterAll(() => redis.close());

const ALGORITHMS: Readonly<Record<string, (quota: Quota) => Algorithm<unknown>>> = {
  'fixed-window': fixedWindow,
  anchored: anchoredWindow,
  gcra,
};

async function run(what: 'take' | 'settle', key: string, args: readonly (string | number)[]) {
  const answer = await redis.command('EVAL', CHARGE.source, '1', key, what, ...args.map(String), '1');
  const [nowMs = NaN, allowed, remaining, resetAtMs, retryAfterMs] = answer
    .split('\r\n')
    .filter((line) => line !== '' && !line.startsWith('*') && !line.startsWith('$'))
    .map(Number);
  return { nowMs, decision: { allowed: allowed === 1, remaining, resetAtMs, retryAfterMs } };
}

it.each(['fixed-window', 'anchored', 'gcra'])('%s decides in Redis as in memory', async (name) => {
  const quotas = [
    { limit: 3, windowMs: 5 },
    { limit: 7, windowMs: 86_400_000, burst: 4 },
    { limit: 1000, windowMs: 1000, burst: 10 },
  ];
  for (const quota of quotas) {
    const algorithm = ALGORITHMS[name]?.(quota);
    let state: unknown;
    const key = `${name} ${JSON.stringify(quota)}`;
    for (const cost of [1, 1, 0, 2, 0.5, 0.25, 1, 1, 3, 1, 0.1, 1, 1, 100, 1, 1]) {
      const { nowMs, decision } = await run('take', key, [name, quota.limit, quota.windowMs, quota.burst ?? quota.limit, cost]);
      const expected: { state: unknown; decision: Decision } | undefined = algorithm?.take(state, nowMs, cost);
      expect(decision).toEqual(expected?.decision);
      state = expected?.state;
    }
    for (const cost of [0.5, 100]) {
      const { nowMs, decision } = await run('settle', key, [name, quota.limit, quota.windowMs, quota.burst ?? quota.limit, cost]);
      state = algorithm?.settle(state, nowMs, cost);
      expect(decision.remaining).toBe(algorithm?.take(state, nowMs, 0).decision.remaining);
    }
  }
});

it('what makes no difference any more is forgotten', async () => {
  await run('take', 'short', ['anchored', 5, 100, 5, 1]);
  expect(await redis.command('PTTL', 'short')).toMatch(/^:(?:\d\d?|100)\r\n$/);
});

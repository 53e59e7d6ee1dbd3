import type { BuildContext, Policy } from '@tidegate/policy-sdk';
import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { basicRatelimit } from './definition.ts';
import { basicRatelimitRuntime } from './runtime.ts';

/** 10 s into a minute */
const NOW_MS = 1_763_769_610_000;

function build(limits: object[], context: Partial<BuildContext> = {}): Policy {
  return basicRatelimitRuntime.build(basicRatelimit.params.parse({ limits }), sampleContext({ now: () => NOW_MS, ...context }));
}

function send(policy: Policy, routeId = 'r') {
  const exchange = sampleExchange({ routeId });
  const verdict = policy.requestHeaders?.(exchange);
  if (verdict instanceof Promise) throw new Error('must decide at once');
  if (verdict === undefined) void policy.responseHeaders?.(exchange);
  return {
    status: verdict?.status ?? 200,
    headers: Object.fromEntries(verdict?.headers ?? exchange.answerHeaders),
    body: verdict?.body,
  };
}

describe('basic-ratelimit', () => {
  it('counts everybody together; the tightest limit is the one shown', () => {
    const policy = build([
      { requests: 100, duration: '1h' },
      { requests: 2, duration: '1m' },
    ]);
    expect(send(policy, 'a').headers).toEqual({
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset': String((NOW_MS + 50_000) / 1000),
      'ratelimit-policy': '"default";q=2;w=60',
      ratelimit: '"default";r=1;t=50',
    });
    expect(send(policy, 'b').status).toBe(200);
    expect(send(policy, 'a')).toMatchObject({
      status: 429,
      body: '{"error": "Too Many Requests", "message": "Rate limit exceeded. Please try again later."}',
      headers: {
        'content-type': 'application/json',
        'x-ratelimit-limit': '2',
        'retry-after': '50',
        'x-ratelimit-quota': 'default',
      },
    });
  });

  it('lets a refused request eat nothing of the other limits', () => {
    const [wide, narrow] = [
      { requests: 4, duration: '1h' },
      { requests: 1, duration: '1m' },
    ];
    let nowMs = NOW_MS;
    for (const limits of [
      [wide, narrow],
      [narrow, wide],
    ]) {
      nowMs = NOW_MS;
      const policy = build(limits, { now: () => nowMs });
      for (const expected of [200, 429, 429, 429, 429, 429]) expect(send(policy).status).toBe(expected);
      nowMs += 60_000;
      expect(send(policy).status).toBe(200);
      expect(send(policy).status).toBe(429);
    }
  });

  it('counts each route of an operation for itself', () => {
    const policy = build([{ requests: 1, duration: '1m' }], { level: 'operation' });
    expect([send(policy, 'a').status, send(policy, 'b').status, send(policy, 'a').status]).toEqual([200, 200, 429]);
  });

  it('takes WSO2’s settings', () => {
    const settings = { algorithm: 'gcra', headers: { include_x_ratelimit: false } };
    expect(Object.keys(send(build([{ requests: 5, duration: '1m' }], { settings })).headers)).toEqual([
      'ratelimit-policy',
      'ratelimit',
    ]);
  });

  it.each([
    {},
    { limits: [] },
    { limits: [{ requests: 0, duration: '1m' }] },
    { limits: [{ requests: 1_000_000_001, duration: '1m' }] },
    { limits: [{ requests: 1, duration: '1h30m' }] },
    { limits: [{ requests: 1, duration: '1d' }] },
    { limits: [{ requests: 1, duration: '1ns' }] },
    { limits: [{ requests: 1, duration: '100000h' }] },
    { limits: [{ requests: 1, duration: '1m', burst: 2 }] },
    { limits: Array.from({ length: 11 }, () => ({ requests: 1, duration: '1m' })) },
  ])('refuses %j', (params) => {
    expect(basicRatelimit.params.safeParse(params).success).toBe(false);
  });
});

import type { BuildContext, Policy } from '@tidegate/policy-sdk';
import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange, type SampleExchange } from '../sample-exchange.ts';
import { rateLimit, type RateLimitParams } from './definition.ts';
import { rateLimitRuntime } from './runtime.ts';

/** 10 s into a minute */
const NOW_MS = 1_763_769_610_000;
const clock = { nowMs: NOW_MS };

function build(params: RateLimitParams, context: Partial<BuildContext> = {}): Policy {
  clock.nowMs = NOW_MS;
  return rateLimitRuntime.build(params, sampleContext({ now: () => clock.nowMs, ...context }));
}

function send(policy: Policy, exchange: SampleExchange = sampleExchange()) {
  const verdict = policy.requestHeaders?.(exchange);
  if (verdict instanceof Promise) throw new Error('must decide at once');
  if (verdict === undefined) void policy.responseHeaders?.(exchange);
  return { verdict, headers: Object.fromEntries(exchange.answerHeaders) };
}

const auth = (subject: string) => ({ type: 'apikey', subject, properties: {}, previous: null });

describe('rate-limit', () => {
  it('counts down, then answers 429 until the window ends', () => {
    const policy = build({ limit: 2, window: 60, key: 'consumer' });
    expect(send(policy)).toEqual({
      verdict: undefined,
      headers: {
        'x-ratelimit-limit': '2',
        'x-ratelimit-remaining': '1',
        'x-ratelimit-reset': String((NOW_MS + 50_000) / 1000),
        'ratelimit-policy': '"default";q=2;w=60',
        ratelimit: '"default";r=1;t=50',
      },
    });
    send(policy);
    expect(send(policy).verdict).toEqual({
      status: 429,
      headers: [
        ['content-type', 'application/json'],
        ['x-ratelimit-limit', '2'],
        ['x-ratelimit-remaining', '0'],
        ['x-ratelimit-reset', String((NOW_MS + 50_000) / 1000)],
        ['ratelimit-policy', '"default";q=2;w=60'],
        ['ratelimit', '"default";r=0;t=50'],
        ['retry-after', '50'],
        ['x-ratelimit-quota', 'default'],
      ],
      body: '{"error": "Too Many Requests", "message": "Rate limit exceeded. Please try again later."}',
    });
    clock.nowMs += 50_000;
    expect(send(policy).verdict).toBeUndefined();
  });

  it('counts callers apart, and an address only for strangers', () => {
    const policy = build({ limit: 1, window: 60, key: 'consumer' });
    expect(send(policy, sampleExchange({ auth: auth('a') })).verdict).toBeUndefined();
    expect(send(policy, sampleExchange({ auth: auth('b') })).verdict).toBeUndefined();
    expect(send(policy, sampleExchange({ clientAddress: '192.0.2.9' })).verdict).toBeUndefined();
    expect(send(policy, sampleExchange({ auth: auth('a') })).verdict?.status).toBe(429);
    expect(send(policy, sampleExchange({ clientAddress: '192.0.2.9' })).verdict?.status).toBe(429);
  });

  it.each([
    ['ip', sampleExchange({ auth: auth('b') }), sampleExchange({ clientAddress: '192.0.2.2' })],
    ['api', sampleExchange({ auth: auth('b'), clientAddress: '192.0.2.2', routeId: 'other' }), null],
    ['route', sampleExchange({ auth: auth('b'), clientAddress: '192.0.2.2' }), sampleExchange({ routeId: 'other' })],
  ] as const)('by %s', (key, same, other) => {
    const policy = build({ limit: 1, window: 60, key });
    expect(send(policy).verdict).toBeUndefined();
    expect(send(policy, same).verdict?.status).toBe(429);
    if (other !== null) expect(send(policy, other).verdict).toBeUndefined();
  });

  it('shows the tightest of two limits, and lists both', () => {
    const exchange = sampleExchange();
    const [wide, narrow] = [build({ limit: 10, window: 60, key: 'api' }), build({ limit: 2, window: 60, key: 'api' })];
    for (const policy of [wide, narrow]) void policy.requestHeaders?.(exchange);
    for (const policy of [narrow, wide]) void policy.responseHeaders?.(exchange);
    expect(exchange.answerHeaders.get('x-ratelimit-limit')).toBe('2');
    expect(exchange.answerHeaders.get('ratelimit-policy')).toBe('"default";q=10;w=60, "default";q=2;w=60');
  });

  it('keeps its counters over a swap, and obeys the gateway settings', () => {
    const kept = new Map<string, object>();
    // The router keys states so that the type is that of `create`.
    const state = <T extends object>(create: () => T): T =>
      (kept.get('only') as T | undefined) ?? (kept.set('only', create()).get('only') as T);
    const settings = { algorithm: 'gcra', headers: { include_ietf: false, include_retry_after: false } };
    expect(send(build({ limit: 1, window: 60, key: 'api' }, { state, settings })).verdict).toBeUndefined();
    const refused = send(build({ limit: 1, window: 60, key: 'api' }, { state, settings })).verdict;
    expect(refused?.headers.map(([name]) => name)).toEqual([
      'content-type',
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'x-ratelimit-quota',
    ]);
    expect(() => build({ limit: 1, window: 60, key: 'api' }, { settings: { algorithm: 'guess' } })).toThrow();
  });

  it('has its bounds', () => {
    expect(rateLimit.params.parse({ limit: 100, window: 60 })).toEqual({ limit: 100, window: 60, key: 'consumer' });
    for (const wrong of [
      { limit: 0, window: 1 },
      { limit: 1, window: 0 },
      { limit: 1.5, window: 1 },
      { limit: 1, window: 9e9 },
      { limit: 1 },
    ]) {
      expect(rateLimit.params.safeParse(wrong).success).toBe(false);
    }
  });
});

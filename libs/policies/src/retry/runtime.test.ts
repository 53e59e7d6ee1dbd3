import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { type Reaction, sampleForwarder } from '../sample-forwarder.ts';
import { retry } from './definition.ts';
import { retryRuntime } from './runtime.ts';

const clock = { nowMs: 1_763_769_610_000 };
const now = () => clock.nowMs;

function build(params: object = {}) {
  return retryRuntime.build(retry.params.parse({ baseDelayMs: 0, ...params }), sampleContext({ now }));
}

interface Sent {
  readonly policy?: ReturnType<typeof build>;
  readonly method?: string;
  readonly repeatable?: boolean;
}

async function send(reactions: readonly Reaction[], { policy = build(), method = 'GET', repeatable = true }: Sent = {}) {
  const forwarder = sampleForwarder(reactions, repeatable);
  const outcome = await policy.forward?.(sampleExchange({ method }), forwarder);
  const last = outcome?.is === 'answered' ? outcome.answer.status : outcome?.is === 'failed' ? outcome.failure : outcome?.is;
  return { last, tries: forwarder.tries, discarded: forwarder.discarded };
}

describe('retry', () => {
  it('sends again until there is an answer worth passing on', async () => {
    expect(await send([{ status: 503 }, { fails: 'broken' }, { status: 200 }])).toMatchObject({ last: 200, discarded: [503] });
  });

  it('gives the last answer when it may not any more', async () => {
    expect(await send([{ status: 502 }, { status: 503 }, { status: 504 }, { status: 200 }])).toMatchObject({
      last: 504,
      tries: [0, 0, 0],
      discarded: [502, 503],
    });
  });

  it.each([
    ['GET', { status: 500 }, 1],
    ['GET', { status: 404 }, 1],
    ['GET', { fails: 'full' }, 1],
    ['GET', { is: 'client-gone' }, 1],
    ['GET', { fails: 'timeout' }, 3],
    ['PUT', { status: 503 }, 3],
    ['DELETE', { fails: 'broken' }, 3],
    ['POST', { status: 503 }, 1],
    ['POST', { fails: 'broken' }, 1],
    ['POST', { fails: 'timeout' }, 1],
    ['POST', { fails: 'unreachable' }, 3],
    ['PATCH', { status: 502 }, 1],
  ] as [string, Reaction, number][])('%s, %j: sent %i times', async (method, reaction, times) => {
    expect((await send([reaction], { method })).tries).toHaveLength(times);
  });

  it('does as it was told', async () => {
    const policy = build({ retries: 1, methods: ['POST'], failures: ['broken'], statuses: [500], tryTimeoutMs: 70 });
    expect((await send([{ status: 500 }], { policy, method: 'POST' })).tries).toEqual([70, 70]);
    expect((await send([{ fails: 'unreachable' }], { policy, method: 'POST' })).tries).toEqual([70]);
    expect((await send([{ status: 500 }], { policy, method: 'GET' })).tries).toEqual([70]);
  });

  it('never sends a body again that has gone by; reads it whole when told to', async () => {
    expect((await send([{ status: 503 }], { repeatable: false })).tries).toHaveLength(1);
    expect([build().requestBody, typeof build({ bodies: true }).requestBody]).toEqual([undefined, 'function']);
  });

  it('goes by the method that goes up, not the one that came', async () => {
    const exchange = sampleExchange({ method: 'GET' });
    exchange.upstream.method = 'POST';
    const forwarder = sampleForwarder([{ status: 503 }]);
    await build().forward?.(exchange, forwarder);
    expect(forwarder.tries).toHaveLength(1);
  });

  it('stays within its budget, which requests and time fill again', async () => {
    const policy = build({ retries: 1, budgetPercent: 50, budgetPerSecond: 1 });
    const tries = async (requests: number) => {
      let sum = 0;
      for (let at = 0; at < requests; at++) sum += (await send([{ status: 503 }], { policy })).tries.length;
      return sum;
    };
    // One second's worth to begin with, and half a retry for each request.
    expect(await tries(10)).toBe(10 + 1 + 5);
    clock.nowMs += 2000;
    expect(await tries(1)).toBe(2);
    const none = build({ retries: 5, budgetPercent: 0, budgetPerSecond: 0 });
    expect((await send([{ status: 503 }], { policy: none })).tries).toHaveLength(1);
  });

  it('keeps what the upstream asks for in Retry-After, or gives up when that is too long', async () => {
    const after = (value: string) => [{ status: 503, headers: { 'retry-after': value } }, { status: 200 }];
    expect((await send(after('0'))).last).toBe(200);
    expect((await send(after('2'))).last).toBe(503);
    expect((await send(after('soon'))).last).toBe(200);
  });

  it.each([
    { retries: 0 },
    { retries: 11 },
    { methods: ['TRACE'] },
    { statuses: [200] },
    { failures: ['full'] },
    { tryTimeoutMs: 0 },
    { maxDelayMs: 60_001 },
    { budgetPercent: 101 },
    { attempts: 3 },
  ])('refuses %j', (params) => {
    expect(retry.params.safeParse(params).success).toBe(false);
  });
});

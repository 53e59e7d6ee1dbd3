import type { ForwardOutcome } from '@tidegate/policy-sdk';
import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { type Reaction, sampleForwarder } from '../sample-forwarder.ts';
import { circuitBreaker } from './definition.ts';
import { circuitBreakerRuntime } from './runtime.ts';

const clock = { nowMs: 1_763_769_610_000 };

function build(params: object) {
  const changes: string[] = [];
  const policy = circuitBreakerRuntime.build(
    circuitBreaker.params.parse(params),
    sampleContext({ now: () => clock.nowMs, log: (_level, fields) => void changes.push(String(fields['circuit'])) }),
  );
  const ask = async (reaction: Reaction): Promise<ForwardOutcome> => {
    const outcome = await policy.forward?.(sampleExchange(), sampleForwarder([reaction]));
    if (outcome === undefined) throw new Error('stands around no forwarding');
    return outcome;
  };
  const times = async (count: number, reaction: Reaction) => {
    for (let at = 0; at < count; at++) await ask(reaction);
  };
  return { policy, ask, times, changes };
}

const WELL = { status: 200 };
const BAD = { status: 500 };
const small = { minimumRequests: 4, failureRatePercent: 50, windowSeconds: 10, openSeconds: 30, probes: 2 };

describe('circuit-breaker', () => {
  it('opens when enough requests have failed, answers by itself, and closes after probes that went well', async () => {
    const { ask, times, changes } = build(small);
    await times(2, WELL);
    await times(1, BAD);
    expect((await ask(BAD)).is).toBe('answered');
    expect(await ask(WELL)).toEqual({
      is: 'own',
      response: {
        status: 503,
        headers: [
          ['content-type', 'application/json'],
          ['retry-after', '30'],
        ],
        body: '{"error":"Service Unavailable"}',
      },
    });
    clock.nowMs += 29_999;
    expect((await ask(WELL)).is).toBe('own');
    clock.nowMs += 1;
    await times(2, WELL);
    await times(3, WELL);
    expect(changes).toEqual(['open', 'closed']);
  });

  it('is open for the whole time again after a probe that failed', async () => {
    const { ask, times, changes } = build(small);
    await times(4, BAD);
    clock.nowMs += 30_000;
    expect((await ask(WELL)).is).toBe('answered');
    expect((await ask({ fails: 'timeout' })).is).toBe('failed');
    clock.nowMs += 29_999;
    expect((await ask(WELL)).is).toBe('own');
    expect(changes).toEqual(['open', 'open']);
  });

  it('lets only so many probes up at once; one whose client leaves gives its place back', async () => {
    const { policy, times } = build(small);
    await times(4, BAD);
    clock.nowMs += 30_000;
    const ends: ((outcome: ForwardOutcome) => void)[] = [];
    const waiting = { ...sampleForwarder([]), send: () => new Promise<ForwardOutcome>((resolve) => ends.push(resolve)) };
    const asked = Array.from({ length: 4 }, () => policy.forward?.(sampleExchange(), waiting));
    expect(ends).toHaveLength(2);
    expect([(await asked[2])?.is, (await asked[3])?.is]).toEqual(['own', 'own']);
    ends[0]?.({ is: 'client-gone' });
    await asked[0];
    void policy.forward?.(sampleExchange(), waiting);
    expect(ends).toHaveLength(3);
  });

  it.each([
    [{ fails: 'unreachable' }, 'open'],
    [{ fails: 'broken' }, 'open'],
    [{ fails: 'timeout' }, 'open'],
    [{ status: 503 }, 'open'],
    [{ status: 501 }, undefined],
    [{ status: 429 }, undefined],
    [{ fails: 'full' }, undefined],
    [{ is: 'client-gone' }, undefined],
  ] as [Reaction, string | undefined][])('%j: %s', async (reaction, state) => {
    const { times, changes } = build(small);
    await times(10, reaction);
    expect(changes[0]).toBe(state);
  });

  it('counts an answer that took too long as failed', async () => {
    const { policy, changes } = build({ ...small, slowCallMs: 100 });
    const slow = sampleForwarder([WELL]);
    const send = async () => {
      clock.nowMs += 101;
      return slow.send();
    };
    for (let at = 0; at < 4; at++) await policy.forward?.(sampleExchange(), { ...slow, send });
    expect(changes).toEqual(['open']);
  });

  it('forgets what lies behind its window', async () => {
    const { times, changes } = build(small);
    await times(3, BAD);
    clock.nowMs += 10_001;
    await times(3, BAD);
    expect(changes).toEqual([]);
    await times(1, BAD);
    expect(changes).toEqual(['open']);
  });

  it('is not confused by a clock that steps back', async () => {
    const { ask, times, changes } = build(small);
    await times(2, BAD);
    clock.nowMs -= 3_600_000;
    await times(2, BAD);
    expect(changes).toEqual(['open']);
    clock.nowMs -= 3_600_000;
    expect((await ask(WELL)).is).toBe('own');
    clock.nowMs += 30_000;
    await times(2, WELL);
    expect(changes).toEqual(['open', 'closed']);
  });

  it('outcomes of requests that were sent before it opened change nothing', async () => {
    const { policy, times, changes } = build(small);
    let end: (outcome: ForwardOutcome) => void = () => undefined;
    const late = policy.forward?.(sampleExchange(), {
      ...sampleForwarder([]),
      send: () => new Promise((resolve) => (end = resolve)),
    });
    await times(4, BAD);
    clock.nowMs += 30_000;
    end({ is: 'failed', failure: 'broken', cause: 'late' });
    await late;
    await times(2, WELL);
    expect(changes).toEqual(['open', 'closed']);
  });

  it.each([
    { failureRatePercent: 0 },
    { failureRatePercent: 101 },
    { windowSeconds: 0 },
    { openSeconds: 3601 },
    { probes: 0 },
    { failureStatuses: [200] },
    { statusCode: 200 },
    { threshold: 5 },
  ])('refuses %j', (params) => {
    expect(circuitBreaker.params.safeParse(params).success).toBe(false);
  });
});

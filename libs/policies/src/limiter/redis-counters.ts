import { hash } from 'node:crypto';

import type { RedisCalls, RedisServer } from '@tidegate/policy-sdk';

import type { Ask, Counters, Taken } from './counters.ts';
import type { Decision, Quota } from './quota.ts';
import { CHARGE } from './redis-script.ts';
import type { LimiterSettings } from './settings.ts';

export interface RedisCounterOptions {
  readonly redis: RedisCalls;
  readonly settings: LimiterSettings;
  /** Counts when Redis does not answer and the setting says to go on */
  readonly inMemory: Counters;
  readonly now: () => number;
  /** Told when Redis stops answering, and when it is back; not for every request */
  readonly onChange: (problem: string | null) => void;
}

/**
 * Counts for all routers together. While Redis does not answer, `failure_mode = "open"` counts in this process as if there were
 * no Redis, "closed" refuses: what cannot be counted does not pass then.
 */
export function redisCounters({ redis, settings, inMemory, now, onChange }: RedisCounterOptions): Counters {
  const { key_prefix: prefix, failure_mode: failureMode } = settings.redis;
  const server = serverOf(settings.redis);
  let problem: string | null = null;
  const changed = (next: string | null): void => {
    if ((problem === null) !== (next === null)) onChange(next);
    problem = next;
  };

  const run = async (what: 'take' | 'settle', asks: readonly Ask[]): Promise<Taken> => {
    const keys = asks.map(({ limit, key }) => `${prefix}${limit.id}:${shortened(key)}`);
    const args = asks.flatMap(({ limit, cost, keep }) => [...limitArgs(limit.quota, settings.algorithm), cost, keep ? 1 : 0]);
    try {
      const taken = readAnswer(await redis.run({ server, script: CHARGE, keys, args: [what, ...args] }));
      changed(null);
      return taken;
    } catch (error) {
      changed(error instanceof Error ? error.message : String(error));
      return failureMode === 'open' ? await inMemory[what](asks) : refused(asks, now());
    }
  };
  return { take: (asks) => run('take', asks), settle: (asks) => run('settle', asks) };
}

function serverOf({ host, port, username, password, db, ...timeouts }: LimiterSettings['redis']): RedisServer {
  const { connection_timeout: connectMs, read_timeout: readMs } = timeouts;
  return { host, port, username, password, db, connectMs, readMs };
}

function limitArgs({ limit, windowMs, burst = limit, anchored }: Quota, algorithm: string): (string | number)[] {
  return [anchored === true ? 'anchored' : algorithm, limit, windowMs, burst];
}

/** Keys hold what clients send (headers): bounded, and free of what would break a line in somebody's log. */
function shortened(key: string): string {
  return key.length <= 200 && /^[\x21-\x7e]*$/.test(key) ? key : `#${hash('sha256', key, 'base64url')}`;
}

/** Throws on what this script cannot have answered. */
function readAnswer(answer: unknown): Taken {
  if (!Array.isArray(answer) || answer.length < 5 || answer.length % 4 !== 1)
    throw new Error('an answer that is none of this script');
  const [nowMs = NaN, ...rest] = answer.map(Number);
  if ([nowMs, ...rest].some((number) => !Number.isFinite(number))) throw new Error('an answer that is none of this script');
  const decisions: Decision[] = [];
  for (let at = 0; at < rest.length; at += 4) {
    const [allowed, remaining = 0, resetAtMs = 0, retryAfterMs = 0] = rest.slice(at, at + 4);
    decisions.push({ allowed: allowed === 1, remaining, resetAtMs, retryAfterMs });
  }
  return { nowMs, decisions };
}

function refused(asks: readonly Ask[], nowMs: number): Taken {
  const none = { allowed: false, remaining: 0, resetAtMs: nowMs + RETRY_MS, retryAfterMs: RETRY_MS };
  return { nowMs, decisions: asks.slice(0, 1).map(() => none) };
}

const RETRY_MS = 1000;

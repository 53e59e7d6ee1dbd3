import type { Limiter } from './limiter.ts';
import type { Decision, Quota } from './quota.ts';

/** One limit of an attachment, and what counts it in this process. */
export interface CountedLimit {
  /** Tells it apart from the other limits of its attachment, and from those of other attachments; the same on every router */
  readonly id: string;
  readonly quota: Quota;
  readonly limiter: Limiter;
}

/** What one request asks of one limit. */
export interface Ask {
  readonly limit: CountedLimit;
  /** Whose count */
  readonly key: string;
  readonly cost: number;
  /** `false` = only to know whether anything is left */
  readonly keep: boolean;
}

export interface Taken {
  /** Of the clock that decided, ms since the epoch */
  readonly nowMs: number;
  /** Of each ask, in their order, up to and with the first refusal */
  readonly decisions: readonly Decision[];
}

/** Where a request is charged: in this process, or for all routers together. */
export interface Counters {
  /** Charges all of them or none: what one limit refuses never eats another (WSO2 issue 3116). */
  take(asks: readonly Ask[]): Taken | Promise<Taken>;
  /** Charges what has been used already, and says what is left. */
  settle(asks: readonly Ask[]): Taken | Promise<Taken>;
}

/**
 * In one process everything happens between two turns of the event loop, and nobody comes in between. Where workers share their
 * counts one may: then what was taken before the refusal is given back.
 */
export function memoryCounters(now: () => number): Counters {
  return {
    take(asks) {
      const nowMs = now();
      // One limit needs no look ahead: it refuses without taking.
      if (asks.length > 1) {
        const ahead = upToRefusal(asks, ({ limit, key, cost }) => limit.limiter.peek(key, nowMs, cost));
        if (ahead.at(-1)?.allowed === false) return { nowMs, decisions: ahead };
      }
      const decisions = upToRefusal(asks, ({ limit, key, cost, keep }) =>
        keep ? limit.limiter.take(key, nowMs, cost) : limit.limiter.peek(key, nowMs, cost),
      );
      if (decisions.at(-1)?.allowed === false) giveBack(asks.slice(0, decisions.length - 1), nowMs);
      return { nowMs, decisions };
    },
    settle(asks) {
      const nowMs = now();
      const decisions = asks.map(({ limit, key, cost }) => {
        limit.limiter.settle(key, nowMs, cost);
        return limit.limiter.peek(key, nowMs, 0);
      });
      return { nowMs, decisions };
    },
  };
}

function giveBack(taken: readonly Ask[], nowMs: number): void {
  for (const { limit, key, cost, keep } of taken) if (keep) limit.limiter.settle(key, nowMs, -cost);
}

function upToRefusal(asks: readonly Ask[], decide: (ask: Ask) => Decision): Decision[] {
  const decisions: Decision[] = [];
  for (const ask of asks) {
    const decision = decide(ask);
    decisions.push(decision);
    if (!decision.allowed) break;
  }
  return decisions;
}

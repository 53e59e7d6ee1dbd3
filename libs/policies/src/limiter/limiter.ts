import type { Algorithm, Decision } from './quota.ts';

/** Counts for many keys in bounded memory. */
export interface Limiter {
  /** Charges `cost` (default 1) if that much is left; a refused request costs nothing */
  take(key: string, nowMs: number, cost?: number): Decision;
  /** What `take` would say; changes nothing */
  peek(key: string, nowMs: number, cost?: number): Decision;
  /** Charges what was used already, as far as there is something left; below 0 gives back what was taken */
  settle(key: string, nowMs: number, cost: number): void;
  /** Keys held now, at most `entriesMax` + `OVERFLOW_BUCKETS` */
  readonly size: number;
}

export const ENTRIES_MAX_DEFAULT = 100_000;

/**
 * One state per key, at most `entriesMax` of them. When there is no room, only keys that are idle (as good as new) are
 * forgotten, so nobody gets a fresh allowance by being evicted. If all are busy, a new key shares one of `OVERFLOW_BUCKETS`
 * with others: it may be refused early, never late. A key that gets a place of its own later starts where its bucket stands.
 */
export function createLimiter<State>(algorithm: Algorithm<State>, entriesMax: number = ENTRIES_MAX_DEFAULT): Limiter {
  const entries = new Map<string, State>();
  const overflow = new Map<number, State>();
  let sweepNotBeforeMs = 0;

  function hasRoom(nowMs: number): boolean {
    if (entries.size < entriesMax) return true;
    // A sweep looks at everything: not for each of a million strangers.
    if (nowMs < sweepNotBeforeMs && sweepNotBeforeMs - nowMs <= SWEEP_EVERY_MS) return false;
    sweepNotBeforeMs = nowMs + SWEEP_EVERY_MS;
    forgetIdle(entries, algorithm, nowMs);
    forgetIdle(overflow, algorithm, nowMs);
    return entries.size < entriesMax;
  }

  /** Where the state of a key stands, and what it is now. */
  function placeOf(key: string, nowMs: number) {
    const known = entries.get(key);
    if (known !== undefined) return { state: known, put: (state: State) => void entries.set(key, state) };
    const bucket = bucketOf(key);
    const state = overflow.size === 0 ? undefined : overflow.get(bucket);
    return hasRoom(nowMs)
      ? { state, put: (next: State) => void entries.set(key, next) }
      : { state, put: (next: State) => void overflow.set(bucket, next) };
  }

  return {
    take(key, nowMs, cost = 1) {
      const known = entries.get(key);
      if (known !== undefined) {
        const { state, decision } = algorithm.take(known, nowMs, cost);
        entries.set(key, state);
        return decision;
      }
      const place = placeOf(key, nowMs);
      const { state, decision } = algorithm.take(place.state, nowMs, cost);
      place.put(state);
      return decision;
    },
    peek: (key, nowMs, cost = 1) => algorithm.take(entries.get(key) ?? overflow.get(bucketOf(key)), nowMs, cost).decision,
    settle(key, nowMs, cost) {
      const place = placeOf(key, nowMs);
      place.put(algorithm.settle(place.state, nowMs, cost));
    },
    get size() {
      return entries.size + overflow.size;
    },
  };
}

export const OVERFLOW_BUCKETS = 1024;
const SWEEP_EVERY_MS = 1000;

function forgetIdle<Key, State>(states: Map<Key, State>, algorithm: Algorithm<State>, nowMs: number): void {
  for (const [key, state] of states) if (algorithm.idle(state, nowMs)) states.delete(key);
}

/** FNV-1a; which strangers share a bucket does not matter, only that one key always has the same. */
function bucketOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % OVERFLOW_BUCKETS;
}

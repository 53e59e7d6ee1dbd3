import { randomInt } from 'node:crypto';

import type { Cell, SharedCells } from '@tidegate/policy-sdk';

/**
 * A hash table of pairs of numbers in memory that all workers of a router see, so that a limit is exact however its requests are spread.
 * Keys are known by 128 bits of a seeded hash. A bucket of slots has one lock, held for the few instructions of a change; a slot may be
 * taken over when its `untilMs` is past. A full bucket has no room: the caller counts by itself then.
 */
const SLOTS_PER_BUCKET = 8;
const FINGERPRINT = 4;
const NUMBERS = 3;
/** 13 MB, most of which is never touched; far more keys than a busy minute has */
const BUCKETS = 32 * 1024;
const SEEDS = 4;
/** Turns before a waiter sleeps: the holder may have been put aside by the kernel. */
const SPINS = 200;

/** The memory itself, to be given to every worker. */
export function newSharedMemory(buckets = BUCKETS): SharedArrayBuffer {
  const slots = buckets * SLOTS_PER_BUCKET;
  const memory = new SharedArrayBuffer(slots * NUMBERS * 8 + (SEEDS + buckets + slots * FINGERPRINT) * 4);
  const { seeds } = viewsOf(memory);
  // Who does not know them cannot make keys that meet.
  for (let at = 0; at < SEEDS; at++) seeds[at] = randomInt(2 ** 31);
  return memory;
}

function viewsOf(memory: SharedArrayBuffer) {
  const perBucket = SLOTS_PER_BUCKET * (NUMBERS * 8 + FINGERPRINT * 4) + 4;
  const buckets = Math.floor((memory.byteLength - SEEDS * 4) / perBucket);
  const slots = buckets * SLOTS_PER_BUCKET;
  let at = 0;
  const numbers = new Float64Array(memory, at, slots * NUMBERS);
  const seeds = new Int32Array(memory, (at += numbers.byteLength), SEEDS);
  const locks = new Int32Array(memory, (at += seeds.byteLength), buckets);
  const prints = new Int32Array(memory, at + locks.byteLength, slots * FINGERPRINT);
  return { buckets, numbers, seeds, locks, prints };
}

/** One worker's access. `worker` > 0 names it in the locks it holds. */
export function openSharedCells(memory: SharedArrayBuffer, worker: number): SharedCells {
  const { buckets, numbers, seeds, locks, prints } = viewsOf(memory);
  const print = new Int32Array(FINGERPRINT);
  const cell: Cell = { known: false, a: 0, b: 0, untilMs: 0 };

  /** Where the key stands, or may stand: a slot of its bucket; -1 = all are taken */
  const slotOf = (bucket: number, nowMs: number): number => {
    let free = -1;
    for (let slot = bucket * SLOTS_PER_BUCKET, last = slot + SLOTS_PER_BUCKET; slot < last; slot++) {
      const untilMs = numbers[slot * NUMBERS + 2] as number;
      if (untilMs !== 0 && same(prints, slot * FINGERPRINT, print)) {
        cell.known = untilMs > nowMs;
        return slot;
      }
      if (free < 0 && untilMs <= nowMs) free = slot;
    }
    cell.known = false;
    return free;
  };

  return {
    update(key, nowMs, change) {
      digest(key, seeds, print);
      const bucket = ((print[0] as number) >>> 0) % buckets;
      lock(locks, bucket, worker);
      try {
        const slot = slotOf(bucket, nowMs);
        if (slot < 0) return false;
        const at = slot * NUMBERS;
        cell.a = cell.known ? (numbers[at] as number) : 0;
        cell.b = cell.known ? (numbers[at + 1] as number) : 0;
        cell.untilMs = cell.known ? (numbers[at + 2] as number) : 0;
        change(cell);
        prints.set(print, slot * FINGERPRINT);
        numbers[at] = cell.a;
        numbers[at + 1] = cell.b;
        numbers[at + 2] = cell.untilMs;
        return true;
      } finally {
        Atomics.store(locks, bucket, 0);
        Atomics.notify(locks, bucket, 1);
      }
    },
  };
}

/** Opens what a worker that is gone had locked. */
export function releaseLocksOf(memory: SharedArrayBuffer, worker: number): void {
  const { locks, buckets } = viewsOf(memory);
  for (let bucket = 0; bucket < buckets; bucket++) Atomics.compareExchange(locks, bucket, worker, 0);
}

function lock(locks: Int32Array, bucket: number, worker: number): void {
  for (let spins = 0; ; spins++) {
    const holder = Atomics.compareExchange(locks, bucket, 0, worker);
    if (holder === 0) return;
    if (spins >= SPINS) Atomics.wait(locks as Int32Array<SharedArrayBuffer>, bucket, holder, 1);
  }
}

function same(prints: Int32Array, at: number, print: Int32Array): boolean {
  return prints[at] === print[0] && prints[at + 1] === print[1] && prints[at + 2] === print[2] && prints[at + 3] === print[3];
}

/** Four 32-bit hashes that feed each other (the rounds of MurmurHash3), seeded. */
function digest(key: string, seeds: Int32Array, into: Int32Array): void {
  let [a, b, c, d] = [seeds[0] as number, seeds[1] as number, seeds[2] as number, seeds[3] as number];
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    a = b ^ Math.imul(a ^ code, 597_399_067);
    b = c ^ Math.imul(b ^ code, 2_869_860_233);
    c = d ^ Math.imul(c ^ code, 951_274_213);
    d = a ^ Math.imul(d ^ code, 2_716_044_179);
  }
  into[0] = Math.imul(a ^ (c >>> 18), 597_399_067) ^ b;
  into[1] = Math.imul(b ^ (d >>> 22), 2_869_860_233) ^ c;
  into[2] = Math.imul(c ^ (a >>> 17), 951_274_213) ^ d;
  into[3] = Math.imul(d ^ (b >>> 19), 2_716_044_179) ^ a;
}

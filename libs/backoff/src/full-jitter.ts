export type Backoff = {
  /** Which wait this is: 1 for the wait after the first failure. Smaller values count as 1. */
  readonly attempt: number;
  /** Upper end of the first wait. */
  readonly baseMs: number;
  /** Upper end of every wait; the floor alone may exceed it. */
  readonly capMs: number;
  /** Uniform in [0, 1). An argument, so that the function stays pure and tests choose. */
  readonly random: () => number;
  /** Never wait less than this, e.g. what a peer asked for in Retry-After. */
  readonly floorMs?: number;
};

/**
 * Milliseconds to wait before the next try: uniform in [0, min(capMs, baseMs · 2^(attempt − 1))), whole, at least `floorMs`.
 *
 * The whole interval is random ("full jitter") because what has to be avoided is many clients coming back together after
 * one server restarted; a narrow band around the exponential keeps them together.
 */
export function fullJitter({ attempt, baseMs, capMs, random, floorMs = 0 }: Backoff): number {
  // 2^52 · any base is above every cap in use; the bound keeps the product finite.
  const doublings = Math.min(Math.max(attempt, 1) - 1, 52);
  const ceilingMs = Math.min(capMs, baseMs * 2 ** doublings);
  return Math.max(floorMs, Math.floor(random() * ceilingMs));
}

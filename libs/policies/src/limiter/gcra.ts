import type { Algorithm, Quota } from './quota.ts';

export interface BucketState {
  /** Requests in the bucket at `atMs`, 0 … burst */
  readonly level: number;
  readonly atMs: number;
}

/**
 * Generic cell rate algorithm in its continuous-state leaky bucket form (ITU-T I.371, annex A gives both forms as equal):
 * the bucket leaks `limit` requests per window, and a request passes if it still fits under `burst` (default = limit).
 * The level, not an arrival time, is kept because it stays exact for very short emission intervals.
 * A clock that steps back stops the leak until it catches up, but never for longer than the window.
 */
export function gcra({ limit, windowMs, burst = limit }: Quota): Algorithm<BucketState> {
  const leakPerMs = limit / windowMs;
  const levelAt = ({ level, atMs }: BucketState, nowMs: number) => {
    const elapsedMs = nowMs - atMs;
    if (elapsedMs < -windowMs) return 0;
    return Math.max(0, level - Math.max(0, elapsedMs) * leakPerMs);
  };
  return {
    take(state, nowMs, cost = 1) {
      const level = state === undefined ? 0 : levelAt(state, nowMs);
      // Rounding must not refuse the request that exactly fits.
      const allowed = level + cost <= burst + ROUNDING;
      const next = { level: allowed ? level + cost : level, atMs: nowMs };
      const decision = {
        allowed,
        remaining: Math.max(0, Math.floor(burst - next.level + ROUNDING)),
        resetAtMs: nowMs + Math.ceil(next.level / leakPerMs - ROUNDING),
        retryAfterMs: allowed ? 0 : Math.max(1, Math.ceil((level + cost - burst) / leakPerMs - ROUNDING)),
      };
      return { state: next, decision };
    },
    settle(state, nowMs, cost) {
      const level = state === undefined ? 0 : levelAt(state, nowMs);
      return { level: Math.max(0, Math.min(burst, level + cost)), atMs: nowMs };
    },
    idle: (state, nowMs) => levelAt(state, nowMs) === 0,
  };
}

const ROUNDING = 1e-6;

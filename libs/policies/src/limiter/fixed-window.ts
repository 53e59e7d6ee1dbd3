import type { Algorithm, Quota } from './quota.ts';

export interface WindowState {
  /** Start of the window, ms since the epoch */
  readonly startMs: number;
  readonly used: number;
}

/**
 * At most `limit` requests in each window; windows start at multiples of their length since the epoch, so "1 h" resets on the
 * hour. Up to twice the limit may pass around a boundary: GCRA does not have that.
 * A clock that steps into another window, also backwards, starts afresh.
 */
export function fixedWindow({ limit, windowMs }: Quota): Algorithm<WindowState> {
  const startOf = (nowMs: number) => nowMs - (nowMs % windowMs);
  return {
    take(state, nowMs) {
      const startMs = startOf(nowMs);
      const used = state?.startMs === startMs ? state.used : 0;
      const allowed = used < limit;
      const next = { startMs, used: allowed ? used + 1 : used };
      const resetAtMs = startMs + windowMs;
      const decision = { allowed, remaining: limit - next.used, resetAtMs, retryAfterMs: allowed ? 0 : resetAtMs - nowMs };
      return { state: next, decision };
    },
    idle: (state, nowMs) => state.startMs !== startOf(nowMs),
  };
}

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
  const usedIn = (state: WindowState | undefined, startMs: number) => (state?.startMs === startMs ? state.used : 0);
  return {
    take(state, nowMs, cost = 1) {
      const startMs = startOf(nowMs);
      const used = usedIn(state, startMs);
      const allowed = used + cost <= limit;
      const next = { startMs, used: allowed ? used + cost : used };
      const resetAtMs = startMs + windowMs;
      const remaining = Math.max(0, Math.floor(limit - next.used));
      const decision = { allowed, remaining, resetAtMs, retryAfterMs: allowed ? 0 : resetAtMs - nowMs };
      return { state: next, decision };
    },
    settle(state, nowMs, cost) {
      const startMs = startOf(nowMs);
      return { startMs, used: Math.max(0, Math.min(limit, usedIn(state, startMs) + cost)) };
    },
    idle: (state, nowMs) => state.startMs !== startOf(nowMs),
  };
}

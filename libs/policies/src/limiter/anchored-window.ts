import type { Algorithm, Quota } from './quota.ts';
import type { WindowState } from './fixed-window.ts';

/**
 * At most `limit` requests in a window that begins with the first of them: "1000 a month" counts from the day somebody starts.
 * A clock that steps back before the window's start begins another one.
 */
export function anchoredWindow({ limit, windowMs }: Quota): Algorithm<WindowState> {
  const current = (state: WindowState | undefined, nowMs: number): WindowState =>
    state === undefined || isOver(state, nowMs) ? { startMs: nowMs, used: 0 } : state;
  const isOver = ({ startMs }: WindowState, nowMs: number): boolean => nowMs < startMs || nowMs >= startMs + windowMs;
  return {
    take(state, nowMs, cost = 1) {
      const { startMs, used } = current(state, nowMs);
      const allowed = used + cost <= limit;
      const next = { startMs, used: allowed ? used + cost : used };
      const resetAtMs = startMs + windowMs;
      const remaining = Math.max(0, Math.floor(limit - next.used));
      return { state: next, decision: { allowed, remaining, resetAtMs, retryAfterMs: allowed ? 0 : resetAtMs - nowMs } };
    },
    settle(state, nowMs, cost) {
      const { startMs, used } = current(state, nowMs);
      return { startMs, used: Math.max(0, Math.min(limit, used + cost)) };
    },
    idle: isOver,
  };
}

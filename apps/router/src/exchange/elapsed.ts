/** To the microsecond. */
export function elapsedMs(sinceMs: number, nowMs = performance.now()): number {
  return Math.round((nowMs - sinceMs) * 1000) / 1000;
}

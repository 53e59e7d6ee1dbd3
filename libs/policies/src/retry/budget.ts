/** How many retries are left. */
export interface Budget {
  /** A request arrived. */
  earn(nowMs: number): void;
  /** `false` = nothing is left */
  spend(nowMs: number): boolean;
}

/** Retries that may be saved up, in seconds of `perSecond`, and in requests of `percent`. */
const SAVED_SECONDS = 10;
const SAVED_REQUESTS = 1000;

/**
 * A bucket into which every request puts `percent` hundredths of a retry and every second `perSecond` of them; a retry takes one out.
 * Bounded, so that a quiet night does not pay for a storm. Reads no clock; one that steps back earns nothing until it is there again.
 */
export function retryBudget({ percent, perSecond }: { percent: number; perSecond: number }): Budget {
  const savedMax = Math.max(1, (SAVED_REQUESTS * percent) / 100 + SAVED_SECONDS * perSecond);
  let saved = perSecond;
  let filledMs: number | null = null;
  const fill = (nowMs: number): void => {
    if (filledMs !== null && nowMs > filledMs) add(((nowMs - filledMs) / 1000) * perSecond);
    filledMs = nowMs;
  };
  const add = (retries: number): void => {
    saved = Math.min(savedMax, saved + retries);
  };
  return {
    earn(nowMs) {
      fill(nowMs);
      add(percent / 100);
    },
    spend(nowMs) {
      fill(nowMs);
      // Rounding must not refuse the one that was earned exactly.
      if (saved < 1 - 1e-9) return false;
      saved -= 1;
      return true;
    },
  };
}

/**
 * The states of a circuit.
 *
 *  - closed: everything passes; outcomes are counted over the window. Enough of them and too many failed: open.
 *  - open: nothing passes for `openMs`. Outcomes of requests that were under way are of no interest.
 *  - half-open: at most `probes` requests pass, the others are turned away. All of them well: closed, with nothing counted.
 *    One failed: open, for the whole time again. A probe that ends without an outcome (its client left) gives its place back.
 *
 * Reads no clock. A clock that steps back neither opens nor closes anything: time stands still until it is there again, an open
 * circuit aside, whose time begins anew.
 */
export interface Breaker {
  /** `null` = turned away; else what to tell the outcome to, once */
  admit(nowMs: number): Admission | null;
  /** How long it stays open, ms; 0 = it is not open */
  waitMs(nowMs: number): number;
}

export interface Admission {
  ended(outcome: 'well' | 'failed' | 'unknown', nowMs: number): void;
}

export interface BreakerOptions {
  readonly failureRatePercent: number;
  readonly minimumRequests: number;
  readonly windowMs: number;
  readonly openMs: number;
  readonly probes: number;
  readonly onChange: (state: 'closed' | 'open') => void;
}

/** The window moves in so many steps. */
const STEPS = 10;

export function createBreaker(options: BreakerOptions): Breaker {
  const { failureRatePercent, minimumRequests, openMs, probes, onChange } = options;
  const window = countWindow(options.windowMs / STEPS);
  /** `null` = closed */
  let openedAtMs: number | null = null;
  /** Of the half-open circuit */
  let probing = 0;
  let well = 0;
  /** Tells outcomes of an earlier state apart from those that still count */
  let era = 0;

  const leftMs = (nowMs: number): number => {
    if (openedAtMs === null) return 0;
    if (nowMs < openedAtMs) openedAtMs = nowMs;
    return Math.max(0, openedAtMs + openMs - nowMs);
  };
  const change = (nextOpenedAtMs: number | null): void => {
    const state = nextOpenedAtMs === null ? 'closed' : 'open';
    openedAtMs = nextOpenedAtMs;
    era += 1;
    probing = well = 0;
    window.clear();
    onChange(state);
  };

  const counted = (outcome: 'well' | 'failed' | 'unknown', nowMs: number): void => {
    if (outcome === 'unknown') return;
    const { requests, failed } = window.add(outcome === 'failed', nowMs);
    if (requests >= minimumRequests && failed * 100 >= requests * failureRatePercent) change(nowMs);
  };
  const probed = (outcome: 'well' | 'failed' | 'unknown', nowMs: number): void => {
    if (outcome === 'failed') change(nowMs);
    else if (outcome === 'unknown') probing -= 1;
    else if (++well >= probes) change(null);
  };

  return {
    admit(nowMs) {
      const closed = openedAtMs === null;
      if (!closed) {
        if (leftMs(nowMs) > 0 || probing >= probes) return null;
        probing += 1;
      }
      const admittedIn = era;
      return {
        ended(outcome, endedMs) {
          if (admittedIn !== era) return;
          if (closed) counted(outcome, endedMs);
          else probed(outcome, endedMs);
        },
      };
    },
    waitMs: leftMs,
  };
}

interface Counts {
  readonly requests: number;
  readonly failed: number;
}

/** Counts over the last `STEPS` steps of `stepMs`, in two arrays that are made once. */
function countWindow(stepMs: number) {
  const requests = new Uint32Array(STEPS);
  const failed = new Uint32Array(STEPS);
  let newest = 0;
  const total: { requests: number; failed: number } = { requests: 0, failed: 0 };

  const drop = (at: number): void => {
    total.requests -= requests[at] ?? 0;
    total.failed -= failed[at] ?? 0;
    requests[at] = failed[at] = 0;
  };
  const clear = (): void => {
    for (let at = 0; at < STEPS; at++) drop(at);
  };
  return {
    clear,
    add(isFailure: boolean, nowMs: number): Counts {
      const step = Math.floor(nowMs / stepMs);
      if (step - newest >= STEPS) clear();
      else for (let passed = newest + 1; passed <= step; passed++) drop(passed % STEPS);
      newest = Math.max(newest, step);
      const at = newest % STEPS;
      requests[at] = (requests[at] ?? 0) + 1;
      total.requests += 1;
      if (isFailure) {
        failed[at] = (failed[at] ?? 0) + 1;
        total.failed += 1;
      }
      return total;
    },
  };
}

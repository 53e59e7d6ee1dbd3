/** So many requests in so much time. */
export interface Quota {
  /** Requests, ≥ 1 */
  readonly limit: number;
  /** ≥ 1 */
  readonly windowMs: number;
  /** GCRA: how many at once; absent = limit */
  readonly burst?: number | undefined;
  /** The window begins with its first request, whatever the algorithm of the settings; absent = no */
  readonly anchored?: boolean;
}

/** What a limiter says about one request. */
export interface Decision {
  readonly allowed: boolean;
  /** Whole requests left after this one, ≥ 0 */
  readonly remaining: number;
  /** When the whole limit is there again, ms since the epoch */
  readonly resetAtMs: number;
  /** How long a refused client should wait, ms; 0 = it may come at once */
  readonly retryAfterMs: number;
}

/**
 * A way to count, as values: it holds no state and reads no clock. `take` gives the next state of one key and changes nothing.
 * A refused request costs nothing.
 */
export interface Algorithm<State> {
  /** `cost` ≥ 0, default 1 */
  take(state: State | undefined, nowMs: number, cost?: number): { readonly state: State; readonly decision: Decision };
  /** What has been used already, known only afterwards: takes what there is, never refuses */
  settle(state: State | undefined, nowMs: number, cost: number): State;
  /** True when forgetting the state makes no difference from `nowMs` on */
  idle(state: State, nowMs: number): boolean;
}

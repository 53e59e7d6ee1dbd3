/** How an endpoint fares, for every engine. Changed by those who use it; lives as long as its endpoint. */
export interface EndpointLoad {
  /** Requests from being sent to the end of their answer */
  inFlight: number;
  /** Connections in a row that did not come about */
  failures: number;
  /** performance.now() until which others are preferred; 0 = none has to be */
  outUntilMs: number;
  /** Repeats that may be sent; see takeRetry */
  retries: number;
}

/** So many failed connections in a row, and an endpoint is passed over for a while. */
const FAILURES_MAX = 5;
const OUT_MS = 10_000;

export function newEndpointLoad(): EndpointLoad {
  return { inFlight: 0, failures: 0, outUntilMs: 0, retries: RETRIES_MAX };
}

/**
 * Passive ejection: the endpoint is found out by the requests that go there anyway. After its time one failure is enough to pass
 * it over again; one connection that comes about forgets all.
 */
export function noteConnection(load: EndpointLoad, reached: boolean, nowMs: number): void {
  if (reached) {
    load.failures = 0;
    if (load.retries < RETRIES_MAX) load.retries = Math.min(RETRIES_MAX, load.retries + RETRIES_PER_ANSWER);
    load.outUntilMs = 0;
  } else if (++load.failures >= FAILURES_MAX) load.outUntilMs = nowMs + OUT_MS;
}

/** In a burst, and then one for every ten requests: an upstream that fails gets no second wave of what it failed on. */
const RETRIES_MAX = 100;
const RETRIES_PER_ANSWER = 0.1;

/** May a request be sent once more to this endpoint? If so, that is counted. */
export function takeRetry(load: EndpointLoad): boolean {
  if (load.retries < 1) return false;
  load.retries -= 1;
  return true;
}

export function isOut({ outUntilMs }: EndpointLoad, nowMs: number): boolean {
  return outUntilMs !== 0 && nowMs < outUntilMs;
}

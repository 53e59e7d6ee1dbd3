/** How an endpoint fares, for every engine. Changed by those who use it; lives as long as its endpoint. */
export interface EndpointLoad {
  /** Requests from being sent to the end of their answer */
  inFlight: number;
  /** Connections in a row that did not come about */
  failures: number;
  /** performance.now() until which others are preferred; 0 = none has to be */
  outUntilMs: number;
}

/** So many failed connections in a row, and an endpoint is passed over for a while. */
const FAILURES_MAX = 5;
const OUT_MS = 10_000;

export function newEndpointLoad(): EndpointLoad {
  return { inFlight: 0, failures: 0, outUntilMs: 0 };
}

/**
 * Passive ejection: the endpoint is found out by the requests that go there anyway. After its time one failure is enough to pass
 * it over again; one connection that comes about forgets all.
 */
export function noteConnection(load: EndpointLoad, reached: boolean, nowMs: number): void {
  if (reached) {
    load.failures = 0;
    load.outUntilMs = 0;
  } else if (++load.failures >= FAILURES_MAX) load.outUntilMs = nowMs + OUT_MS;
}

export function isOut({ outUntilMs }: EndpointLoad, nowMs: number): boolean {
  return outUntilMs !== 0 && nowMs < outUntilMs;
}

import type { Trace } from '@tidegate/process';
import type { BuiltRoute } from '@tidegate/route-table';

import type { ExchangeReport } from '../exchange/run-exchange.ts';
import type { RunningExchange } from '../exchange/running-exchange.ts';
import type { TunnelBytes } from '../exchange/tunnel.ts';
import type { EndpointLoad } from '../upstream/endpoint-load.ts';
import type { AccessEntry } from './access-line.ts';
import { requestIdOf } from './request-id.ts';

interface RequestFacts {
  readonly method: string;
  readonly host: string;
  /** Address of the TCP peer */
  readonly peer: string;
  /** x-request-id as received */
  readonly presentedId: string | undefined;
}

/**
 * One request on its way, and what its access line and metrics will tell. A class, because there is one per request and this is
 * all of it: nothing is copied together when it ends.
 */
export class OpenRequest implements AccessEntry, ExchangeReport {
  readonly startedMs = performance.now();
  readonly requestId: string;
  readonly method: string;
  readonly host: string;
  client: string;
  path = '';
  trace: Trace | null = null;
  /** `null` = none yet, or none there */
  matched: BuiltRoute | null = null;
  exchange: RunningExchange | null = null;
  /** Why the router refused it */
  refusal: string | null = null;

  upstream: string | null = null;
  load: EndpointLoad | null = null;
  upstreamMs: number | null = null;
  cause: string | null = null;

  status = 0;
  durationMs = 0;
  aborted = false;
  tunnel: TunnelBytes | null = null;

  constructor({ method, host, peer, presentedId }: RequestFacts) {
    this.requestId = requestIdOf(presentedId);
    this.method = method;
    this.host = host;
    this.client = peer;
  }

  /** Its endpoint no longer works for it. */
  release(): void {
    if (this.load !== null) this.load.inFlight -= 1;
    this.load = null;
  }

  get traceId(): string | null {
    return this.trace === null ? null : this.trace.traceId;
  }

  get api(): string | null {
    return this.matched === null ? null : this.matched.facts.apiHandle;
  }

  get route(): string | null {
    return this.matched === null ? null : this.matched.facts.id;
  }

  get subject(): string | null {
    return this.exchange?.auth?.subject ?? null;
  }

  get reason(): string | null {
    return this.refusal ?? this.cause;
  }
}

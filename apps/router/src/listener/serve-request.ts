import type { ImmediateResponse } from '@tidegate/policy-sdk';
import type { BuiltRoute, RouteTable } from '@tidegate/route-table';

import type { Carrier } from '../exchange/carrier.ts';
import { NOT_FOUND, SERVICE_UNAVAILABLE } from '../exchange/router-answers.ts';
import { elapsedMs, type ExchangeHost, type ExchangeReport, runExchange } from '../exchange/run-exchange.ts';
import { RunningExchange } from '../exchange/running-exchange.ts';
import type { AccessEntry } from './access-line.ts';
import { forwardedOf, type Trust } from './client-address.ts';
import { healthAnswer } from './health.ts';
import { requestIdOf } from './request-id.ts';
import type { RequestTarget } from './request-target.ts';
import { type Trace, traceOf } from './trace-context.ts';

export interface RequestHost {
  /** The table of this moment; `null` = nothing yet */
  readonly table: () => RouteTable | null;
  readonly ready: () => boolean;
  readonly trusted: Trust;
  /** Traces are continued or started, and named in the access line */
  readonly tracing: boolean;
  readonly exchange: ExchangeHost;
  /** Called once per request when its answer has left or its connection is gone; `route` = `null` outside every API */
  readonly onDone: (entry: AccessEntry, route: BuiltRoute | null) => void;
}

/** One request on its way, as its access line will tell. */
export interface OpenRequest {
  readonly startedMs: number;
  readonly requestId: string;
  readonly method: string;
  readonly host: string;
  client: string;
  path: string;
  trace: Trace | null;
  route: BuiltRoute | null;
  exchange: RunningExchange | null;
  readonly report: ExchangeReport;
  reason: string | null;
}

interface RequestFacts {
  readonly method: string;
  readonly host: string;
  /** Address of the TCP peer */
  readonly peer: string;
  /** x-request-id as received */
  readonly presentedId: string | undefined;
}

export function openRequest({ method, host, peer, presentedId }: RequestFacts): OpenRequest {
  return {
    startedMs: performance.now(),
    requestId: requestIdOf(presentedId),
    method,
    host,
    client: peer,
    path: '',
    trace: null,
    route: null,
    exchange: null,
    report: { upstream: null, load: null, upstreamMs: null, cause: null },
    reason: null,
  };
}

/** Answers what may not be served and closes; the client gets an empty body. */
export function refuseRequest(
  opened: OpenRequest,
  { status, reason }: { status: number; reason: string },
  carrier: Carrier,
): void {
  opened.reason = reason;
  carrier.sendImmediate({ status, headers: [['connection', 'close']], body: '' }, null);
}

interface Arrival {
  readonly admitted: { readonly target: RequestTarget; readonly host: string };
  readonly carrier: Carrier;
  /** The client's connection is TLS */
  readonly encrypted: boolean;
  readonly host: RequestHost;
}

/** From an admitted request to its answer, for every engine. */
export function serveRequest(opened: OpenRequest, { admitted, carrier, encrypted, host }: Arrival): void {
  const { path, query } = admitted.target;
  const header = (name: string): string | undefined => carrier.header(name);
  const forwarded = forwardedOf({ peer: opened.client, host: admitted.host, encrypted, header }, host.trusted);
  opened.client = forwarded.clientAddress;
  opened.path = path;
  if (host.tracing) opened.trace = traceOf(header('traceparent'));

  const found = find(opened, { host, hostName: admitted.host, header });
  if ('status' in found) return carrier.sendImmediate(found, null);
  opened.route = found;
  if (found.serving === null) {
    opened.reason = 'api_rejected';
    return carrier.sendImmediate(SERVICE_UNAVAILABLE, null);
  }
  const { requestId, trace } = opened;
  const exchange = new RunningExchange({ carrier, requestId, trace, path, query, host: admitted.host, forwarded }, found.facts);
  opened.exchange = exchange;
  // It never rejects (run-exchange.ts). Should it ever, one connection ends, not the router.
  runExchange(exchange, { serving: found.serving, host: host.exchange, report: opened.report }).catch(() => carrier.destroy());
}

interface Search {
  readonly host: RequestHost;
  readonly hostName: string;
  readonly header: (name: string) => string | undefined;
}

/** The route, or the answer of a request that has none. Without a table nobody can say "not found" (503, not 404). */
function find({ method, path }: OpenRequest, { host, hostName, header }: Search): BuiltRoute | ImmediateResponse {
  const health = healthAnswer(method, path, host.ready());
  if (health !== null) return health;
  const table = host.table();
  if (table === null) return SERVICE_UNAVAILABLE;
  return table.match(hostName, method, path, header) ?? NOT_FOUND;
}

interface RequestEnd {
  /** 0 = no answer began */
  readonly status: number;
  /** The answer did not reach its end */
  readonly aborted: boolean;
}

/** Called once, when the answer has left or the connection is gone. */
export function closeRequest(opened: OpenRequest, ended: RequestEnd, host: RequestHost): void {
  const { report, route } = opened;
  if (report.load !== null) report.load.inFlight -= 1;
  report.load = null;
  host.onDone(accessEntry(opened, ended), route);
}

function accessEntry(opened: OpenRequest, { status, aborted }: RequestEnd): AccessEntry {
  const { requestId, client, method, host, path, report, reason, route } = opened;
  return {
    requestId,
    traceId: opened.trace?.traceId ?? null,
    client,
    method,
    host,
    path,
    status,
    api: route?.facts.apiHandle ?? null,
    route: route?.facts.id ?? null,
    upstream: report.upstream,
    upstreamMs: report.upstreamMs,
    subject: opened.exchange?.auth?.subject ?? null,
    durationMs: elapsedMs(opened.startedMs),
    reason: reason ?? report.cause,
    aborted,
  };
}

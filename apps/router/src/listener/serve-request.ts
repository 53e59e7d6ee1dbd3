import type { ImmediateResponse } from '@tidegate/policy-sdk';
import { traceOf } from '@tidegate/process';
import type { BuiltRoute, RouteTable } from '@tidegate/route-table';

import type { Carrier } from '../exchange/carrier.ts';
import { elapsedMs } from '../exchange/elapsed.ts';
import { NOT_FOUND, SERVICE_UNAVAILABLE } from '../exchange/router-answers.ts';
import { type ExchangeHost, runExchange } from '../exchange/run-exchange.ts';
import { RunningExchange } from '../exchange/running-exchange.ts';
import { type ClientLink, forwardedOn, type Trust } from './client-address.ts';
import { healthAnswer } from './health.ts';
import type { OpenRequest } from './open-request.ts';
import type { RequestTarget } from './request-target.ts';

export interface RequestHost {
  /** The table of this moment; `null` = nothing yet */
  readonly table: () => RouteTable | null;
  readonly ready: () => boolean;
  readonly trusted: Trust;
  /** Traces are continued or started, and named in the access line: says whether to record one that starts. `null` = they are not */
  readonly sample: (() => boolean) | null;
  readonly exchange: ExchangeHost;
  /** Called once per request when its answer has left or its connection is gone; `route` = `null` outside every API */
  readonly onDone: (entry: OpenRequest, route: BuiltRoute | null) => void;
}

/** Answers what may not be served and closes; the client gets an empty body. */
export function refuseRequest(
  opened: OpenRequest,
  { status, reason }: { status: number; reason: string },
  carrier: Carrier,
): void {
  opened.refusal = reason;
  carrier.sendImmediate({ status, headers: [['connection', 'close']], body: '' }, null);
}

interface Arrival {
  readonly admitted: { readonly target: RequestTarget; readonly host: string };
  readonly carrier: Carrier;
  readonly link: ClientLink;
  /** Protocols that the client asks to switch to, lower case; `null` = none */
  readonly upgrade: readonly string[] | null;
  readonly host: RequestHost;
}

/** From an admitted request to its answer, for every engine. */
export function serveRequest(opened: OpenRequest, { admitted, carrier, link, upgrade: asked, host }: Arrival): void {
  const { path, query } = admitted.target;
  const header = (name: string): string | undefined => carrier.header(name);
  const forwarded = forwardedOn(link, { host: admitted.host, header }, host.trusted);
  opened.client = forwarded.clientAddress;
  opened.path = path;
  if (host.sample !== null) opened.trace = traceOf(carrier.header('traceparent'), host.sample);

  const found = find(opened, { host, hostName: admitted.host, header });
  if ('status' in found) return carrier.sendImmediate(found, null);
  opened.matched = found;
  found.inFlight += 1;
  if (found.serving === null) {
    opened.refusal = 'api_rejected';
    return carrier.sendImmediate(SERVICE_UNAVAILABLE, null);
  }
  const upgrade = asked === null ? null : chosenProtocol(asked, found.serving.upgrades);
  // The reference gateway answers the same to every upgrade (data-plane reference §1.1).
  if (asked !== null && upgrade === null) return refuseRequest(opened, { status: 403, reason: 'upgrade_not_allowed' }, carrier);
  const { requestId, trace } = opened;
  const received = { carrier, requestId, trace, path, query, host: admitted.host, forwarded, upgrade };
  const exchange = new RunningExchange(received, found.facts);
  opened.exchange = exchange;
  runExchange(exchange, { serving: found.serving, host: host.exchange, report: opened });
}

function chosenProtocol(asked: readonly string[], allowed: readonly string[] | null): string | null {
  return asked.find((protocol) => allowed?.includes(protocol)) ?? null;
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
export function closeRequest(opened: OpenRequest, { status, aborted }: RequestEnd, host: RequestHost): void {
  opened.release();
  opened.status = status;
  opened.aborted = aborted;
  opened.durationMs = elapsedMs(opened.startedMs);
  if (opened.matched !== null) opened.matched.inFlight -= 1;
  host.onDone(opened, opened.matched);
}

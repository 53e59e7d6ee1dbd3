import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ImmediateResponse } from '@tidegate/policy-sdk';
import type { BuiltRoute, RouteTable } from '@tidegate/route-table';

import { headerOf, HttpExchange } from '../exchange/http-exchange.ts';
import { NOT_FOUND, SERVICE_UNAVAILABLE } from '../exchange/router-answers.ts';
import { type ExchangeHost, type ExchangeReport, runExchange } from '../exchange/run-exchange.ts';
import { sendImmediate } from '../exchange/send-answer.ts';
import type { AccessEntry } from './access-log.ts';
import { forwardedOf, type Trust } from './client-address.ts';
import { healthAnswer } from './health.ts';
import { requestIdOf } from './request-id.ts';
import { admit, isRefusal, type Refusal } from './strictness.ts';

export interface RequestHost {
  /** The table of this moment; `null` = nothing yet */
  readonly table: () => RouteTable | null;
  readonly ready: () => boolean;
  readonly trusted: Trust;
  readonly exchange: ExchangeHost;
  /** Called once per request when its answer has left or its connection is gone; `route` = `null` outside every API */
  readonly onDone: (entry: AccessEntry, route: BuiltRoute | null) => void;
}

/** One request from its head to its access line. */
export function handleRequest(request: IncomingMessage, response: ServerResponse, host: RequestHost): void {
  const facts = openFacts(request);
  // A connection that breaks while an answer is written: `close` follows, and the access line says so.
  response.on('error', () => undefined);
  response.once('close', () => host.onDone(accessEntry(facts, response), facts.route));

  const admitted = admit(request);
  if (isRefusal(admitted)) {
    facts.reason = admitted.reason;
    sendImmediate(response, refusalAnswer(admitted), { style: host.exchange.style });
    return;
  }
  const { target } = admitted;
  const header = (name: string): string | undefined => headerOf(request.headers, name);
  const forwarded = forwardedOf({ peer: facts.client, host: admitted.host, encrypted: false, header }, host.trusted);
  facts.client = forwarded.clientAddress;
  facts.path = target.path;

  const found = find(facts, { host, hostName: admitted.host, header });
  if ('status' in found) {
    sendImmediate(response, found, { style: host.exchange.style });
    return;
  }
  facts.route = found;
  if (found.serving === null) {
    facts.reason = 'api_rejected';
    sendImmediate(response, SERVICE_UNAVAILABLE, { style: host.exchange.style });
    return;
  }
  const { requestId } = facts;
  const received = { request, response, requestId, path: target.path, query: target.query, host: admitted.host, forwarded };
  const exchange = new HttpExchange(received, found.facts);
  facts.exchange = exchange;
  // It never rejects (run-exchange.ts). Should it ever, one connection ends, not the router.
  runExchange(exchange, { serving: found.serving, host: host.exchange, report: facts.report }).catch(() => response.destroy());
}

interface Facts {
  readonly startedMs: number;
  readonly requestId: string;
  readonly method: string;
  readonly host: string;
  client: string;
  path: string;
  route: BuiltRoute | null;
  exchange: HttpExchange | null;
  readonly report: ExchangeReport;
  reason: string | null;
}

function openFacts(request: IncomingMessage): Facts {
  return {
    startedMs: performance.now(),
    requestId: requestIdOf(headerOf(request.headers, 'x-request-id')),
    method: request.method ?? '',
    host: request.headers.host ?? '',
    client: request.socket.remoteAddress ?? '',
    path: '',
    route: null,
    exchange: null,
    report: { upstream: null, cause: null },
    reason: null,
  };
}

interface Search {
  readonly host: RequestHost;
  readonly hostName: string;
  readonly header: (name: string) => string | undefined;
}

/** The route, or the answer of a request that has none. Without a table nobody can say "not found" (503, not 404). */
function find({ method, path }: Facts, { host, hostName, header }: Search): BuiltRoute | ImmediateResponse {
  const health = healthAnswer(method, path, host.ready());
  if (health !== null) return health;
  const table = host.table();
  if (table === null) return SERVICE_UNAVAILABLE;
  return table.match(hostName, method, path, header) ?? NOT_FOUND;
}

function refusalAnswer({ status }: Refusal): ImmediateResponse {
  return { status, headers: [['connection', 'close']], body: '' };
}

function accessEntry(facts: Facts, response: ServerResponse): AccessEntry {
  const { requestId, client, method, host, path, report, reason, route } = facts;
  return {
    requestId,
    client,
    method,
    host,
    path,
    status: response.headersSent ? response.statusCode : 0,
    api: route?.facts.apiHandle ?? null,
    route: route?.facts.id ?? null,
    upstream: report.upstream,
    subject: facts.exchange?.auth?.subject ?? null,
    durationMs: Math.round((performance.now() - facts.startedMs) * 1000) / 1000,
    reason: reason ?? report.cause,
    aborted: !response.writableFinished,
  };
}

import { HostRewrite } from '@tidegate/gateway-ir';
import type { ApartOutcome } from '@tidegate/policy-sdk';
import { type Chain, upstreamPath } from '@tidegate/route-table';

import { noteConnection } from '../upstream/endpoint-load.ts';
import type { UpstreamBody } from '../upstream/upstream-engine.ts';
import type { CarriedOutcome, Forwarding } from './carrier.ts';
import { elapsedMs } from './elapsed.ts';
import type { ExchangeRun } from './run-exchange.ts';
import type { RunningExchange } from './running-exchange.ts';
import { sendApart } from './send-apart.ts';

type Failed = Extract<CarriedOutcome, { is: 'failed' }>;

/** Does no policy see the answer's body or stand around the forwarding? Then it goes to the client as it comes. */
export function isPassedOn({ responseBody, forward: around }: Chain): boolean {
  return responseBody === null && around === null;
}

/** One time upstream, for those who wait for the answer. `tryMs` tightens the route's own bound; 0 = it stays */
export async function forward(
  exchange: RunningExchange,
  body: UpstreamBody,
  run: ExchangeRun,
  tryMs = 0,
): Promise<CarriedOutcome> {
  const { chain } = run.serving;
  const call = callFor(exchange, body, run, { passOn: chain.responseHeaders === null && isPassedOn(chain), tryMs });
  if ('failure' in call) return call;
  const outcome = await exchange.received.carrier.forward(call);
  noteOutcome(call, outcome, run.report);
  return outcome;
}

/** The same request once more, beside the exchange; the endpoint has it as long as it takes. */
export async function forwardApart(exchange: RunningExchange, run: ExchangeRun, bytesMax: number): Promise<ApartOutcome> {
  const report = { upstream: null, load: null, upstreamMs: null, cause: null };
  const call = callFor(exchange, { is: 'none' }, { ...run, report }, { passOn: false });
  if ('failure' in call) return { is: 'failed', cause: call.cause };
  const outcome = await sendApart(call, bytesMax);
  call.endpoint.load.inFlight -= 1;
  return outcome;
}

/** What is asked of whom, counted as under way from now on; or why nobody is asked. */
export function callFor(
  exchange: RunningExchange,
  body: UpstreamBody,
  { serving, host, report }: ExchangeRun,
  { passOn, tryMs = 0 }: { readonly passOn: boolean; readonly tryMs?: number },
): Forwarding | Failed {
  const { rewritten, received, route } = exchange;
  const upstream = chosenUpstream(serving, rewritten?.target ?? null);
  if (upstream === undefined) return failed(report, 'unreachable', 'unknown_upstream');
  const target = host.pickTarget(upstream);
  if (target === null) return failed(report, 'unreachable', 'all_targets_drained');
  const endpoint = host.endpoints.of(target);
  if (endpoint.denied) return failed(report, 'unreachable', 'address_denied');
  report.upstream = endpoint.label;
  const { load } = endpoint;
  if (load.inFlight >= host.inFlightMax) return failed(report, 'full', 'upstream_full');
  load.inFlight += 1;
  report.load = load;
  const newPath = rewritten?.newPath ?? null;
  const path = newPath === null ? upstreamPath(received.path, route, upstream.basePath) : upstream.basePath + newPath;
  const usualHost = upstream.hostRewrite === HostRewrite.MANUAL ? received.host : endpoint.hostHeader;
  const routeMs = serving.timeoutMs ?? host.timeouts.routeMs;
  return {
    exchange,
    endpoint,
    host: rewritten?.host ?? usualHost,
    method: rewritten?.method ?? route.method,
    target: path + (rewritten?.query ?? received.query),
    body,
    upgrade: received.upgrade,
    timeouts: {
      connectMs: upstream.connectTimeoutMs === 0 ? host.timeouts.connectMs : upstream.connectTimeoutMs,
      routeMs: tryMs > 0 && (routeMs === 0 || tryMs < routeMs) ? tryMs : routeMs,
      idleMs: serving.idleTimeoutMs ?? host.timeouts.idleMs,
    },
    askedMs: performance.now(),
    passOn,
  };
}

function failed(report: ExchangeRun['report'], failure: Failed['failure'], cause: string): Failed {
  report.cause = cause;
  return { is: 'failed', failure, cause };
}

/** `undefined` = a policy named one that this API does not have. */
function chosenUpstream({ upstream, upstreams }: ExchangeRun['serving'], name: string | null) {
  return name === null ? upstream : upstreams.get(name);
}

export function noteOutcome({ endpoint, askedMs }: Forwarding, outcome: CarriedOutcome, report: ExchangeRun['report']): void {
  // A carrier that has passed the answer on by itself has noted it in time for the access line.
  report.upstreamMs ??= elapsedMs(askedMs);
  if (outcome.is === 'client-gone') {
    report.cause = 'client_gone';
    return;
  }
  noteConnection(endpoint.load, !(outcome.is === 'failed' && outcome.failure === 'unreachable'), askedMs);
  if (outcome.is === 'failed') report.cause = outcome.cause;
}

import type { BuiltRoute, RouteTable } from '@tidegate/route-table';
import { Counter, Gauge, Registry } from 'prom-client';

import type { ClientState } from '../discovery/client-state.ts';
import type { AccessEntry } from '../listener/access-line.ts';
import type { LiveTable } from '../policy-host/live-table.ts';
import { createLatencies, type LatencyTotals } from './latencies.ts';
import { codeClass, createRequestCounts, type RequestTotals } from './request-counts.ts';

export interface RouterMetrics {
  readonly registry: Registry;
  /** Once per request, with what its access line says */
  count(entry: AccessEntry, route: BuiltRoute | null): void;
  policyFailed(): void;
  /** What was answered since the process began, for reports to the controller */
  totals(): { readonly requests: RequestTotals; readonly latencies: LatencyTotals };
}

/** What the data path knows at the moment of a scrape. */
export interface Gauges {
  readonly inFlight: () => number;
  readonly upstreamSockets: () => { readonly idle: number; readonly busy: number };
}

/** APIs with latency series of their own */
export const LATENCY_APIS_MAX = 100;

/** The router's metrics and how many series they can become: docs/operations/metrics.md. */
export function createMetrics(live: LiveTable, gauges: Gauges): RouterMetrics {
  const registry = new Registry();
  describeTable(registry, live);
  describeTraffic(registry, gauges);

  const requests = createRequestCounts(registry, () => routesOf(live.table));
  const latencies = createLatencies(registry, {
    name: 'tidegate_router_request_duration_seconds',
    help: 'From the head of a request to the end of its answer, by API; "" = no route',
    label: 'api',
    labelsMax: LATENCY_APIS_MAX,
    isServed: () => apisOf(live.table),
  });
  const upstreamLatencies = createLatencies(registry, {
    name: 'tidegate_router_upstream_duration_seconds',
    help: 'From asking an upstream to the head of its answer, or to its failure',
    label: null,
    labelsMax: 1,
    isServed: () => () => true,
  });
  const upstreamFailures = new Counter({
    name: 'tidegate_router_upstream_failures_total',
    help: 'Requests that an upstream was chosen for and that got no answer from it, by the code the client was told; 0 = it had left',
    labelNames: ['code'],
    registers: [registry],
  });
  const policyAnswers = new Counter({
    name: 'tidegate_router_policy_answers_total',
    help: 'Requests that a policy answered instead of an upstream, by class of code',
    labelNames: ['class'],
    registers: [registry],
  });
  const policyErrors = new Counter({
    name: 'tidegate_router_policy_errors_total',
    help: 'Requests answered 500 because a policy failed',
    registers: [registry],
  });

  return {
    registry,
    count(entry, route) {
      requests.count(route?.facts ?? null, entry.status);
      latencies.observe(entry.api ?? '', entry.durationMs);
      if (entry.upstreamMs !== null) upstreamLatencies.observe('', entry.upstreamMs);
      if (entry.upstream !== null && entry.reason !== null) upstreamFailures.inc({ code: failureCode(entry.status) });
      if (route !== null && entry.upstream === null && entry.reason === null)
        policyAnswers.inc({ class: codeClass(entry.status) });
    },
    policyFailed: () => policyErrors.inc(),
    totals: () => ({ requests: requests.read(), latencies: latencies.read() }),
  };
}

/** Policies may make anything of a failure's answer: what is not one of ours is one label. */
function failureCode(status: number): string {
  return status === 0 || status === 502 || status === 503 || status === 504 ? String(status) : 'other';
}

/** What the router says of the table it serves, however many threads serve it. */
export function describeTable(registry: Registry, live: LiveTable): void {
  const version = (): number => live.held?.version ?? 0;
  gauge(registry, 'tidegate_router_snapshot_version', 'Version of the table that is served; 0 = none', version);
  gauge(registry, 'tidegate_router_snapshot_epoch', 'Epoch of the table that is served; 0 = none', () => live.held?.epoch ?? 0);
  gauge(registry, 'tidegate_router_snapshot_apis', 'Deployments in the table', () => live.table?.deployments.size ?? 0);
  gauge(registry, 'tidegate_router_routes', 'Routes in the table that is served', () => live.table?.routeCount ?? 0);
  gauge(registry, 'tidegate_router_api_keys', 'API keys in the table that is served', () => live.keyCount);
  gauge(registry, 'tidegate_router_subscriptions', 'Subscriptions in the table that is served', () => live.subscriptionCount);
  gauge(registry, 'tidegate_router_rejected_apis', 'APIs whose content could not be built', () => live.rejected.length);
}

function describeTraffic(registry: Registry, { inFlight, upstreamSockets }: Gauges): void {
  gauge(registry, 'tidegate_router_requests_in_flight', 'Requests being served', inFlight);
  new Gauge({
    name: 'tidegate_router_upstream_connections',
    help: 'Open connections to upstreams: busy with a request, or idle and kept for the next',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { idle, busy } = upstreamSockets();
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'busy' }, busy);
    },
  });
}

function routesOf(table: RouteTable | null): (id: string) => boolean {
  const ids = new Set<string>();
  for (const { routes } of table?.deployments.values() ?? []) for (const { facts } of routes) ids.add(facts.id);
  return (id) => ids.has(id);
}

function apisOf(table: RouteTable | null): (handle: string) => boolean {
  const handles = new Set<string>(['']);
  for (const { routes } of table?.deployments.values() ?? []) for (const { facts } of routes) handles.add(facts.apiHandle);
  return (handle) => handles.has(handle);
}

/** Adds what only discovery knows: whether what is served can change. */
export function watchDiscovery(registry: Registry, state: () => ClientState['is']): void {
  const connected = (): number => (state() === 'offline' || state() === 'greeting' ? 0 : 1);
  gauge(
    registry,
    'tidegate_router_discovery_connected',
    '1 = a controller has welcomed this node and its stream is open',
    connected,
  );
}

function gauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(value());
    },
  });
}

import type { BuiltRoute } from '@tidegate/route-table';
import { Counter, Gauge, Registry } from 'prom-client';

import type { ClientState } from '../discovery/client-state.ts';
import type { LiveTable } from '../policy-host/live-table.ts';

export interface RouterMetrics {
  readonly registry: Registry;
  count(route: BuiltRoute | null, status: number): void;
}

/** Label combinations beyond this are counted under `route="other"` (invariant 9). */
const SERIES_MAX = 10_000;

export function createMetrics(live: LiveTable, inFlight: () => number): RouterMetrics {
  const registry = new Registry();
  const requests = new Counter({
    name: 'tidegate_router_requests_total',
    help: 'Requests answered, by API, route and status code; empty labels = no route',
    labelNames: ['api', 'route', 'code'],
    registers: [registry],
  });
  gauge(
    registry,
    'tidegate_router_snapshot_version',
    'Version of the table that is served; 0 = none',
    () => live.held?.version ?? 0,
  );
  gauge(registry, 'tidegate_router_snapshot_epoch', 'Epoch of the table that is served; 0 = none', () => live.held?.epoch ?? 0);
  gauge(registry, 'tidegate_router_routes', 'Routes in the table that is served', () => live.table?.routeCount ?? 0);
  gauge(registry, 'tidegate_router_api_keys', 'API keys in the table that is served', () => live.keyCount);
  gauge(registry, 'tidegate_router_rejected_apis', 'APIs whose content could not be built', () => live.rejected.length);
  gauge(registry, 'tidegate_router_requests_in_flight', 'Requests being served', inFlight);

  const known = new Set<string>();
  return {
    registry,
    count(route, status) {
      const code = String(status);
      const api = route?.facts.apiHandle ?? '';
      const series = `${api}|${route?.facts.id ?? ''}|${code}`;
      const labelled = known.has(series) || known.size < SERIES_MAX;
      if (labelled) known.add(series);
      requests.inc({ api: labelled ? api : 'other', route: labelled ? (route?.facts.id ?? '') : 'other', code });
    },
  };
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

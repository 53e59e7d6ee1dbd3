import { STATUS_CLASSES } from '@tidegate/gateway-ir';
import type { RouteFacts } from '@tidegate/policy-sdk';
import { Counter, type Registry } from 'prom-client';

export interface RequestCounts {
  /** `null` = no route */
  count(route: RouteFacts | null, status: number): void;
  /** Counts by class of status (`Answered.by_class`), since the process began */
  read(): RequestTotals;
}

export interface RequestTotals {
  /** Everything, also of routes that are gone */
  readonly all: readonly number[];
  /** By handle; "" = no route */
  readonly byApi: ReadonlyMap<string, readonly number[]>;
}

/** Series of routes beyond this are counted under `route="other"`, by class of code (invariant 9). */
export const REQUEST_SERIES_MAX = 2_000;

interface RouteCount {
  readonly api: string;
  readonly codes: Map<number, number>;
}

/**
 * `tidegate_router_requests_total{api,route,code}`. Counted in maps of our own and turned into labels when somebody scrapes: a
 * label set costs more than everything else that is done for a request's metrics. `isServed` says whether a route is still
 * there: room for new ones is made by forgetting those that are gone, never by forgetting a live one.
 */
export function createRequestCounts(registry: Registry, isServed: () => (routeId: string) => boolean): RequestCounts {
  const byRoute = new Map<string, RouteCount>();
  const others = new Map<string, number>();
  const gone = noCounts();
  let series = 0;

  const forgetGone = (): void => {
    const served = isServed();
    for (const [id, { codes }] of byRoute) {
      if (id === '' || served(id)) continue;
      addByClass(gone, codes);
      byRoute.delete(id);
      series -= codes.size;
    }
  };

  new Counter({
    name: 'tidegate_router_requests_total',
    help: 'Requests answered, by API, route and status code; empty labels = no route, 0 = nothing was sent',
    labelNames: ['api', 'route', 'code'],
    registers: [registry],
    collect() {
      if (series >= REQUEST_SERIES_MAX) forgetGone();
      this.reset();
      for (const [route, { api, codes }] of byRoute) {
        for (const [code, count] of codes) this.inc({ api, route, code }, count);
      }
      for (const [code, count] of others) this.inc({ api: 'other', route: 'other', code }, count);
    },
  });

  return {
    count(route, status) {
      const id = route?.id ?? '';
      const known = byRoute.get(id);
      const counted = known?.codes.get(status);
      if (known !== undefined && counted !== undefined) {
        known.codes.set(status, counted + 1);
      } else if (series < REQUEST_SERIES_MAX) {
        series += 1;
        if (known === undefined) byRoute.set(id, { api: route?.apiHandle ?? '', codes: new Map([[status, 1]]) });
        else known.codes.set(status, 1);
      } else {
        const code = codeClass(status);
        others.set(code, (others.get(code) ?? 0) + 1);
      }
    },
    read() {
      const byApi = new Map<string, number[]>();
      const all = [...gone];
      for (const { api, codes } of byRoute.values()) {
        let counts = byApi.get(api);
        if (counts === undefined) byApi.set(api, (counts = noCounts()));
        addByClass(counts, codes);
        addByClass(all, codes);
      }
      for (const [code, count] of others) addAt(all, Number(code[0]), count);
      return { all, byApi };
    },
  };
}

function noCounts(): number[] {
  return Array.from({ length: STATUS_CLASSES }, () => 0);
}

function addByClass(counts: number[], codes: ReadonlyMap<number, number>): void {
  for (const [code, count] of codes) addAt(counts, Math.floor(code / 100), count);
}

/** A class beyond 5xx counts as nothing we know: 0. */
function addAt(counts: number[], at: number, count: number): void {
  const known = at < counts.length ? at : 0;
  counts[known] = (counts[known] as number) + count;
}

/** "2xx", or "0" for a request that got no answer. */
export function codeClass(status: number): string {
  return status === 0 ? '0' : `${Math.floor(status / 100)}xx`;
}

import type { ApiRoutes, Route } from '@tidegate/gateway-ir';

import { claimOf } from './claims.ts';

export interface DiffedRoute {
  readonly method: string;
  /** Full template, context included */
  readonly path: string;
  readonly vhost: string;
}

export type RouteAspect = 'path' | 'upstream' | 'policies' | 'timeouts' | 'upgrade';

export interface RouteDiff {
  readonly added: readonly DiffedRoute[];
  readonly removed: readonly DiffedRoute[];
  /** They take the same requests as before, and do something else with them */
  readonly changed: readonly (DiffedRoute & { readonly what: readonly RouteAspect[] })[];
  readonly unchanged: number;
}

/** What a router would do differently: one line per host and route, in the order of their methods and paths. `null` = serves nothing. */
export function diffRoutes(before: ApiRoutes | null, after: ApiRoutes | null): RouteDiff {
  const old = linesOf(before);
  const now = linesOf(after);
  const both = [...now].flatMap(([claim, line]) => {
    const earlier = old.get(claim);
    return earlier === undefined
      ? []
      : [{ ...line.route, what: ASPECTS.filter((aspect) => line.is[aspect] !== earlier.is[aspect]) }];
  });
  return {
    added: [...now].flatMap(([claim, { route }]) => (old.has(claim) ? [] : [route])).sort(byRoute),
    removed: [...old].flatMap(([claim, { route }]) => (now.has(claim) ? [] : [route])).sort(byRoute),
    changed: both.filter(({ what }) => what.length > 0).sort(byRoute),
    unchanged: both.filter(({ what }) => what.length === 0).length,
  };
}

interface Line {
  readonly route: DiffedRoute;
  /** Each aspect as text: equal texts behave alike */
  readonly is: Readonly<Record<RouteAspect, string>>;
}

const ASPECTS = ['path', 'upstream', 'policies', 'timeouts', 'upgrade'] as const;

function linesOf(api: ApiRoutes | null): Map<string, Line> {
  if (api === null) return new Map();
  return new Map(
    api.routes.flatMap((route) => {
      const is = aspectsOf(api, route);
      const { method, path } = route;
      return route.vhosts.map((vhost) => [claimOf(route, vhost), { route: { method, path: path?.template ?? '', vhost }, is }]);
    }),
  );
}

function aspectsOf(api: ApiRoutes, route: Route): Line['is'] {
  const policies = route.chain.map((index) => {
    const use = api.policies[index];
    return [use?.name, use?.version, use?.level, use?.paramsJson, use?.executionCondition, sealed(use?.sealedParams)];
  });
  return {
    path: JSON.stringify([route.path?.template, route.path?.tail, api.context]),
    upstream: JSON.stringify(api.upstreams.find(({ name }) => name === route.upstream) ?? null),
    policies: JSON.stringify(policies),
    timeouts: JSON.stringify([route.timeoutMs, route.idleTimeoutMs]),
    upgrade: JSON.stringify(route.upgrades),
  };
}

/** Compared here, shown nowhere. */
function sealed(params: Readonly<Record<string, { readonly value: Uint8Array }>> | undefined) {
  return Object.entries(params ?? {}).map(([name, { value }]) => [name, Buffer.from(value).toString('base64')]);
}

function byRoute(a: DiffedRoute, b: DiffedRoute): number {
  return compare(a.path, b.path) || compare(a.method, b.method) || compare(a.vhost, b.vhost);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

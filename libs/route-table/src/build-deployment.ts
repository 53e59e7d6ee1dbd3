import { type ApiRoutes, PolicyLevel, type PolicyUse, type Route } from '@tidegate/gateway-ir';

import { buildPolicies, findRuntime } from './build-policies.ts';
import type { AppliedPolicy, BuiltDeployment, BuiltRoute, Serving } from './built-route.ts';
import { compileChain } from './compile-chain.ts';
import { compilePath } from './compile-path.ts';
import { compileHeaderTest } from './header-test.ts';
import type { RouteEntry, RouteServices } from './route-entry.ts';

/**
 * Links one deployment. Never throws: what cannot be built is rejected alone (invariant 7) and, as decision 26 says,
 *
 *  - keeps its last accepted form,
 *  - unless the rejected form asks for authentication where that one did not: then its routes answer 503,
 *  - as they do when no form was ever accepted.
 */
export function buildDeployment(
  previous: BuiltDeployment | undefined,
  entry: RouteEntry,
  services: RouteServices,
): BuiltDeployment {
  let routes: ApiRoutes | null = null;
  try {
    routes = entry.routes();
    return accept(entry, { routes, carried: previous?.states ?? new Map() }, services);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = routes === null ? 'undecodable' : 'cannot_be_built';
    return reject(previous, { entry, routes, rejection: { code, message } }, services);
  }
}

interface Form {
  readonly routes: ApiRoutes;
  readonly carried: ReadonlyMap<string, object>;
}

function accept(entry: RouteEntry, { routes, carried }: Form, services: RouteServices): BuiltDeployment {
  const { policies, states } = buildPolicies(routes, carried, services);
  const upstreams = new Map(routes.upstreams.map((upstream) => [upstream.name, upstream]));
  // Routes with the same list of policies share one chain, and so one set of arrays.
  const chains = new Map<string, Pick<Serving, 'chain' | 'policies'>>();

  const serve = (route: Route): Serving => {
    const upstream = upstreams.get(route.upstream);
    if (upstream === undefined) throw new Error(`route ${route.id} names an unknown upstream ${route.upstream}`);
    const chainKey = route.chain.join();
    const shared = chains.get(chainKey) ?? {
      chain: compileChain(route.chain.map((index) => pick(policies, index, route))),
      policies: route.chain.map((index) => appliedPolicy(pick(routes.policies, index, route))),
    };
    chains.set(chainKey, shared);
    const upgrades = route.upgrades.length === 0 ? null : route.upgrades;
    const timeouts = { timeoutMs: route.timeoutMs ?? null, idleTimeoutMs: route.idleTimeoutMs ?? null };
    return { ...shared, upstream, upstreams, ...timeouts, upgrades };
  };

  return {
    deploymentId: entry.deploymentId,
    hash: entry.hash,
    acceptedHash: entry.hash,
    routes: routes.routes.map((route) => linkRoute(routes, route, serve(route))),
    authentication: authenticationOf(routes, services),
    states,
    rejection: null,
  };
}

function appliedPolicy({ name, version, level }: PolicyUse): AppliedPolicy {
  return { name, version, level: level === PolicyLevel.OPERATION ? 'operation' : 'api' };
}

function pick<T>(policies: readonly T[], index: number, route: Route): T {
  const policy = policies[index];
  if (policy === undefined) throw new Error(`route ${route.id} names policy ${index}, which is not there`);
  return policy;
}

interface Refusal {
  readonly entry: RouteEntry;
  /** `null` = the content could not even be read */
  readonly routes: ApiRoutes | null;
  readonly rejection: { readonly code: string; readonly message: string };
}

function reject(
  previous: BuiltDeployment | undefined,
  { entry, routes, rejection }: Refusal,
  services: RouteServices,
): BuiltDeployment {
  const { deploymentId, hash } = entry;
  const kept = previous?.acceptedHash !== null ? previous : undefined;
  if (kept !== undefined && routes !== null && !addsAuthentication(kept, routes, services)) {
    return { ...kept, hash, rejection };
  }
  // An unreadable form might have asked for authentication: fail closed on the routes that are known.
  const closed = routes === null ? (previous?.routes ?? []).map(withoutService) : unavailableRoutes(routes);
  const states = previous?.states ?? new Map();
  return { deploymentId, hash, acceptedHash: null, routes: closed, authentication: new Map(), states, rejection };
}

/** True if any route of the new form carries an authentication policy that the accepted form does not have on that route. */
function addsAuthentication(accepted: BuiltDeployment, routes: ApiRoutes, services: RouteServices): boolean {
  for (const [routeId, wanted] of authenticationOf(routes, services)) {
    const present = [...(accepted.authentication.get(routeId) ?? [])];
    for (const name of wanted) {
      const at = present.indexOf(name);
      if (at < 0) return true;
      present.splice(at, 1);
    }
  }
  return false;
}

/** A policy this router does not know may well be an authentication policy: it counts as one. */
function authenticationOf(routes: ApiRoutes, services: RouteServices): ReadonlyMap<string, readonly string[]> {
  const names = routes.policies.map((use) => {
    const runtime = findRuntime(services.runtimes, use);
    return runtime === undefined || runtime.definition.category === 'authentication' ? use.name : null;
  });
  const byRoute = new Map<string, readonly string[]>();
  for (const route of routes.routes) {
    const present = route.chain.map((index) => names[index]).filter((name) => typeof name === 'string');
    if (present.length > 0) byRoute.set(route.id, present);
  }
  return byRoute;
}

/** Routes that can be matched but not served. One whose pattern itself cannot be compiled is left out: nothing leads to it. */
function unavailableRoutes(routes: ApiRoutes): BuiltRoute[] {
  return routes.routes.flatMap((route) => {
    try {
      return [linkRoute(routes, route, null)];
    } catch {
      return [];
    }
  });
}

function withoutService(route: BuiltRoute): BuiltRoute {
  return { ...route, serving: null, inFlight: 0 };
}

function linkRoute(routes: ApiRoutes, route: Route, serving: Serving | null): BuiltRoute {
  if (route.path === undefined) throw new Error(`route ${route.id} has no path`);
  const headers = route.headers.map(compileHeaderTest);
  return {
    facts: {
      id: route.id,
      method: route.method,
      operationPath: route.operationPath,
      deploymentId: routes.deploymentId,
      apiId: routes.apiId,
      apiHandle: routes.apiHandle,
      apiName: routes.displayName,
      apiVersion: routes.apiVersion,
      context: routes.context,
      environment: routes.environment,
      upstream: route.upstream,
    },
    vhosts: route.vhosts.map((vhost) => vhost.toLowerCase()),
    path: compilePath(route.path),
    headers: headers.length === 0 ? null : headers,
    exactHeaders: headers.filter((test) => test.exact).length,
    operationIndex: route.operationIndex,
    serving,
    inFlight: 0,
  };
}

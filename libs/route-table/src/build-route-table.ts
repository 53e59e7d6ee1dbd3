import { buildDeployment } from './build-deployment.ts';
import type { BuiltDeployment, BuiltRoute } from './built-route.ts';
import type { ReadHeader } from './header-test.ts';
import { addToHosts, emptyHostIndex, findHost, type HostIndex } from './host-index.ts';
import { findRoute } from './path-trie.ts';
import type { RouteEntry, RouteServices } from './route-entry.ts';

/** What a gateway serves, linked. Immutable; the next one is built from it. */
export interface RouteTable {
  readonly deployments: ReadonlyMap<string, BuiltDeployment>;
  readonly routeCount: number;
  /**
   * The route of a request, or `null`. `host` as in the Host header, `path` canonical (see canonicalPath in gateway-ir),
   * `header` reads the request's headers and is called only where a route has header matches. Pure, allocation only for the
   * path's segments.
   */
  match(host: string, method: string, path: string, header: ReadHeader): BuiltRoute | null;
  /** The one host pattern whose routes count for this Host header; `null` = none fits */
  vhostOf(host: string): string | null;
}

export interface Rejection {
  readonly deploymentId: string;
  readonly code: string;
  readonly message: string;
}

export interface BuildResult {
  readonly table: RouteTable;
  /** Every deployment whose content is not the one being served, also those rejected earlier */
  readonly rejected: readonly Rejection[];
}

/**
 * The table of exactly these entries. Deployments whose hash did not change are reused by identity, with their limiters and
 * caches; a changed one inherits the state of equal policy attachments. Without any change the previous table itself comes
 * back. Never throws for the fault of an API (see build-deployment.ts).
 */
export function buildRouteTable(
  previous: RouteTable | null,
  entries: Iterable<RouteEntry>,
  services: RouteServices,
): BuildResult {
  const deployments = new Map<string, BuiltDeployment>();
  for (const entry of entries) {
    const known = previous?.deployments.get(entry.deploymentId);
    deployments.set(entry.deploymentId, known?.hash === entry.hash ? known : buildDeployment(known, entry, services));
  }
  const unchanged = previous !== null && sameMembers(previous.deployments, deployments);
  return { table: unchanged ? previous : link(deployments), rejected: rejections(deployments) };
}

function sameMembers(a: ReadonlyMap<string, BuiltDeployment>, b: ReadonlyMap<string, BuiltDeployment>): boolean {
  return a.size === b.size && [...b].every(([id, deployment]) => a.get(id) === deployment);
}

function link(deployments: ReadonlyMap<string, BuiltDeployment>): RouteTable {
  const hosts = emptyHostIndex();
  let routeCount = 0;
  for (const deployment of deployments.values()) {
    for (const route of deployment.routes) addToHosts(hosts, route);
    routeCount += deployment.routes.length;
  }
  return {
    deployments,
    routeCount,
    match: (...request) => match(hosts, ...request),
    vhostOf: (host) => findHost(hosts, host)?.pattern ?? null,
  };
}

function match(hosts: HostIndex, host: string, method: string, path: string, header: ReadHeader): BuiltRoute | null {
  const vhost = findHost(hosts, host);
  return vhost === null ? null : findRoute(vhost.root, { method, ...splitPath(path), header });
}

function splitPath(path: string): { segments: string[]; slash: boolean } {
  if (path === '/') return { segments: [], slash: true };
  const slash = path.endsWith('/');
  return { segments: path.slice(1, slash ? -1 : undefined).split('/'), slash };
}

function rejections(deployments: ReadonlyMap<string, BuiltDeployment>): Rejection[] {
  return [...deployments.values()].flatMap(({ deploymentId, rejection }) =>
    rejection === null ? [] : [{ deploymentId, ...rejection }],
  );
}

import { buildDeployment } from './build-deployment.ts';
import type { BuiltDeployment, BuiltRoute } from './built-route.ts';
import type { ReadHeader } from './header-test.ts';
import { editHosts, emptyHostIndex, findHost, type HostIndex, type Vhost } from './host-index.ts';
import { findRoute, type PathQuery } from './path-trie.ts';
import type { RouteEntry, RouteServices } from './route-entry.ts';

/** What a gateway serves, linked. Immutable; the next one is built from it. */
export interface RouteTable {
  readonly deployments: ReadonlyMap<string, BuiltDeployment>;
  readonly routeCount: number;
  /** For the next table, which shares what did not change */
  readonly hosts: HostIndex;
  /**
   * The route of a request, or `null`. `host` as in the Host header, `path` canonical (see canonicalPath in gateway-ir),
   * `header` reads the request's headers and is called only where a route has header matches. Pure.
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
  const steps = buildInSteps(previous, entries, services);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** Whoever builds a table beside traffic lets requests through after so many routes. */
const STEP_ROUTES = 200;

/** The same, stopping after each STEP_ROUTES routes, or after one deployment that has more. */
export function* buildInSteps(
  previous: RouteTable | null,
  entries: Iterable<RouteEntry>,
  services: RouteServices,
): Generator<undefined, BuildResult> {
  const deployments = new Map<string, BuiltDeployment>();
  const changes: Changes = { removed: [], added: [] };
  let sinceStop = 0;
  for (const entry of entries) {
    const known = previous?.deployments.get(entry.deploymentId);
    const next = known?.hash === entry.hash ? known : buildDeployment(known, entry, services);
    deployments.set(entry.deploymentId, next);
    if (next === known) continue;
    if (known !== undefined) changes.removed.push(known);
    changes.added.push(next);
    sinceStop += next.routes.length;
    if (sinceStop < STEP_ROUTES) continue;
    sinceStop = 0;
    yield;
  }
  for (const [id, known] of previous?.deployments ?? NONE) if (!deployments.has(id)) changes.removed.push(known);
  const table = yield* link(previous, deployments, changes);
  return { table, rejected: rejections(deployments) };
}

const NONE: ReadonlyMap<string, BuiltDeployment> = new Map();

interface Changes {
  readonly removed: BuiltDeployment[];
  readonly added: BuiltDeployment[];
}

/** Costs by what changed, not by what there is: a deploy among 50 000 routes must not hold up requests (invariant 8). */
function* link(
  previous: RouteTable | null,
  deployments: ReadonlyMap<string, BuiltDeployment>,
  { removed, added }: Changes,
): Generator<undefined, RouteTable> {
  if (previous !== null && removed.length === 0 && added.length === 0) return previous;
  const gone = removed.flatMap(({ routes }) => routes);
  const come = added.flatMap(({ routes }) => routes);
  const hosts = yield* editHosts(previous?.hosts ?? emptyHostIndex(), { removed: gone, added: come, stepRoutes: STEP_ROUTES });
  // Neighbouring requests mostly have one Host.
  let lastHost: string | null = null;
  let lastVhost: Vhost | null = null;
  const vhostFor = (host: string): Vhost | null => {
    if (host !== lastHost) {
      lastVhost = findHost(hosts, host);
      lastHost = host;
    }
    return lastVhost;
  };
  return {
    deployments,
    hosts,
    routeCount: (previous?.routeCount ?? 0) - gone.length + come.length,
    match: (host, method, path, header) => {
      const vhost = vhostFor(host);
      return vhost === null ? null : findRoute(vhost.root, pathQuery(method, path, header));
    },
    vhostOf: (host) => findHost(hosts, host)?.pattern ?? null,
  };
}

function pathQuery(method: string, path: string, header: ReadHeader): PathQuery {
  return { method, path, end: path.endsWith('/') ? path.length - 1 : path.length, header };
}

function rejections(deployments: ReadonlyMap<string, BuiltDeployment>): Rejection[] {
  return [...deployments.values()].flatMap(({ deploymentId, rejection }) =>
    rejection === null ? [] : [{ deploymentId, ...rejection }],
  );
}

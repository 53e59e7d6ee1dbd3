import { canonicalPath, HostRewrite } from '@tidegate/gateway-ir';

import type { RouteTable } from './build-route-table.ts';
import type { AppliedPolicy, BuiltRoute, Serving } from './built-route.ts';
import { pathFits } from './compile-path.ts';
import { compareRoutes } from './precedence.ts';
import { upstreamPath } from './upstream-path.ts';

export interface ExplainRequest {
  readonly method: string;
  /** "/path?query", or absolute; then its authority stands for a missing Host header */
  readonly url: string;
  /** By name in any case */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a table does with one request, and why. Holds no parameters of policies and no header values: nothing of it is secret. */
export interface Explanation {
  /** refused: 400 before any routing · not-found: 404 · unavailable: 503, the API was rejected · routed: goes to `upstream` */
  readonly outcome: 'refused' | 'not-found' | 'unavailable' | 'routed';
  readonly why: string;
  readonly host: string;
  /** As matched, authorised and forwarded; `null` = it has no canonical form */
  readonly path: string | null;
  /** The host pattern that was chosen; only its routes count. `null` = none fits */
  readonly vhost: string | null;
  readonly route: ExplainedRoute | null;
  /** In the order of execution */
  readonly policies: readonly AppliedPolicy[];
  readonly upstream: ExplainedUpstream | null;
  /** Routes of the vhost whose path fits, in the order of precedence; at most 20 */
  readonly candidates: readonly Candidate[];
}

export interface ExplainedRoute {
  readonly id: string;
  readonly method: string;
  readonly operationPath: string;
  readonly api: string;
  readonly apiVersion: string;
  readonly context: string;
  readonly environment: string;
  readonly deploymentId: string;
}

export interface ExplainedUpstream {
  readonly name: string;
  /** Path and query as they are sent */
  readonly target: string;
  readonly hostRewrite: 'auto' | 'manual';
  /** Weight 0 = drained */
  readonly targets: readonly { readonly url: string; readonly weight: number }[];
  /** ms. 0 = no bound, `null` = the router's default */
  readonly timeoutMs: number | null;
  readonly idleTimeoutMs: number | null;
}

export interface Candidate {
  readonly route: string;
  readonly deploymentId: string;
  readonly verdict: 'chosen' | 'outranked' | 'other-method' | 'headers-do-not-fit';
  readonly why: string;
}

const CANDIDATES_MAX = 20;

/**
 * Says what `table.match` would do and why, from the same table. Pure; linear in the routes of the table, so for people and not
 * for traffic. Policies are named, never run: whether one of them refuses the request is not said.
 */
export function explainRoute(table: RouteTable, request: ExplainRequest): Explanation {
  const { host: authority, rawPath, query } = splitUrl(request.url);
  const header = headerReader(request.headers);
  const host = header('host') ?? authority;
  const path = canonicalPath(rawPath);
  const nothing = { host, path, vhost: null, route: null, policies: [], upstream: null, candidates: [] };
  if (path === null) return { ...nothing, outcome: 'refused', why: 'The path has no canonical form: it is answered 400' };
  const vhost = table.vhostOf(host);
  if (vhost === null) return { ...nothing, outcome: 'not-found', why: `No API is served on a host that fits '${host}'` };

  const chosen = table.match(host, request.method, path, header);
  const candidates = candidatesOf(table, { vhost, path, method: request.method, chosen });
  const facts = { ...nothing, vhost, candidates };
  if (chosen === null) return { ...facts, outcome: 'not-found', why: whyNone(vhost, path, candidates) };
  const route = explainedRoute(chosen);
  if (chosen.serving === null) {
    return { ...facts, route, outcome: 'unavailable', why: 'The content of this API was rejected and may not be served: 503' };
  }
  const upstream = explainedUpstream(chosen, chosen.serving, { path, query });
  const why = `${chosen.facts.id} is the first of ${candidates.length} route(s) on '${vhost}' that fits path, method and headers`;
  return { ...facts, route, outcome: 'routed', why, policies: chosen.serving.policies, upstream };
}

function splitUrl(url: string): { host: string; rawPath: string; query: string } {
  const [, host = '', rest = url] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  const [sent = ''] = rest.split('#', 1);
  const mark = sent.indexOf('?');
  const rawPath = mark < 0 ? sent : sent.slice(0, mark);
  return { host, rawPath: rawPath === '' ? '/' : rawPath, query: mark < 0 ? '' : sent.slice(mark) };
}

function headerReader(headers: Readonly<Record<string, string>>): (name: string) => string | undefined {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => byName.get(name);
}

interface Search {
  readonly vhost: string;
  readonly path: string;
  readonly method: string;
  readonly chosen: BuiltRoute | null;
}

function candidatesOf(table: RouteTable, { vhost, path, method, chosen }: Search): Candidate[] {
  const fitting = [...table.deployments.values()].flatMap(({ routes }) =>
    routes.filter((route) => route.vhosts.includes(vhost) && pathFits(route.path, path)),
  );
  const seen = { chosen: false };
  return fitting
    .toSorted(compareRoutes)
    .map((route) => judge(route, { method, chosen, seen }))
    .slice(0, CANDIDATES_MAX);
}

interface Judging {
  readonly method: string;
  readonly chosen: BuiltRoute | null;
  /** Whether the chosen one stands before */
  readonly seen: { chosen: boolean };
}

function judge(route: BuiltRoute, { method, chosen, seen }: Judging): Candidate {
  const { id, deploymentId } = route.facts;
  const named = { route: id, deploymentId };
  if (route === chosen) {
    seen.chosen = true;
    return { ...named, verdict: 'chosen', why: 'the first that fits' };
  }
  if (route.facts.method !== method) return { ...named, verdict: 'other-method', why: `takes ${route.facts.method} only` };
  if (seen.chosen) return { ...named, verdict: 'outranked', why: 'a more specific or earlier route fits too' };
  const wanted = (route.headers ?? []).map(({ name }) => name).join(', ');
  return { ...named, verdict: 'headers-do-not-fit', why: `asks for other values of ${wanted}` };
}

function whyNone(vhost: string, path: string, candidates: readonly Candidate[]): string {
  if (candidates.length === 0) return `No route on '${vhost}' has a path that fits ${path}`;
  return `Routes on '${vhost}' fit ${path}, but none of them with this method and these headers: 404, as for an unknown path`;
}

function explainedRoute({ facts }: BuiltRoute): ExplainedRoute {
  const { id, method, operationPath, apiHandle, apiVersion, context, environment, deploymentId } = facts;
  return { id, method, operationPath, api: apiHandle, apiVersion, context, environment, deploymentId };
}

function explainedUpstream({ facts }: BuiltRoute, serving: Serving, sent: { path: string; query: string }): ExplainedUpstream {
  const { upstream, timeoutMs, idleTimeoutMs } = serving;
  return {
    name: upstream.name,
    target: upstreamPath(sent.path, facts, upstream.basePath) + sent.query,
    hostRewrite: upstream.hostRewrite === HostRewrite.MANUAL ? 'manual' : 'auto',
    targets: upstream.targets.map(({ scheme, host, port, weight }) => ({ url: `${scheme}://${hostText(host)}:${port}`, weight })),
    timeoutMs,
    idleTimeoutMs,
  };
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

import { hash } from 'node:crypto';

import type { HeaderMatch, Route } from '@tidegate/gateway-ir';
import {
  type Diagnostic,
  durationToMs,
  type HeaderCondition,
  type Operation,
  operationMatch,
  parsePathTemplate,
  type RestApiDocument,
} from '@tidegate/rest-api';

import { claimOf } from './claims.ts';
import { compilePath } from './compile-path.ts';
import type { Vhosts } from './compile-vhosts.ts';

interface Surroundings {
  readonly context: string;
  readonly vhosts: Vhosts;
  /** Indexes of the policies of an operation, in the order of execution */
  readonly chainOf: (operationIndex: number) => number[];
}

interface CompiledRoutes {
  readonly routes: Route[];
  readonly diagnostics: Diagnostic[];
  readonly warnings: Diagnostic[];
}

/** One route per operation on the main hosts, and one more on the sandbox host if there is a sandbox upstream. */
export function compileRoutes({ spec }: RestApiDocument, surroundings: Surroundings): CompiledRoutes {
  const compiled: CompiledRoutes = { routes: [], diagnostics: [], warnings: [] };
  const claimed = new Map<string, number>();
  for (const [at, operation] of spec.operations.entries()) {
    const route = compileOperation(operation, at, spec.resilience, surroundings);
    // Found by the rules already, unless the two differ in spelling only ("/é" and "/%C3%A9").
    const claim = claimOf(route, '');
    const first = claimed.get(claim);
    if (first === undefined) claimed.set(claim, at);
    else compiled.diagnostics.push(duplicate(route, at, first));
    if (route.operationPath.replace(/\/\*$/, '').includes('*')) compiled.warnings.push(literalStar(at));
    compiled.routes.push(...onHosts(route, surroundings.vhosts));
  }
  return compiled;
}

function compileOperation(
  operation: Operation,
  at: number,
  api: Operation['resilience'],
  { context, chainOf }: Surroundings,
): Route {
  const match = operationMatch(operation);
  const parsed = parsePathTemplate(match.path, match.form);
  if (!parsed.ok) throw new Error(`spec.operations[${at}] was not checked: ${parsed.message}`);
  const path = compilePath(context, match.path, parsed.template);
  return {
    id: `${match.method}|${path.template}`,
    vhosts: [],
    method: match.method,
    path,
    headers: compileHeaders(match.headers),
    upstream: 'main',
    chain: chainOf(at),
    ...timeouts(operation.resilience, api),
    operationPath: match.path,
    operationIndex: at,
    upgrades: [...new Set(operation.upgrade)],
  };
}

/** The operation's values win over the API's, one by one; what neither says is left to the router. */
function timeouts(own: Operation['resilience'], api: Operation['resilience']): Pick<Route, 'timeoutMs' | 'idleTimeoutMs'> {
  const timeoutMs = durationToMs(own?.timeout ?? api?.timeout ?? '');
  const idleTimeoutMs = durationToMs(own?.idleTimeout ?? api?.idleTimeout ?? '');
  return { ...(timeoutMs === null ? {} : { timeoutMs }), ...(idleTimeoutMs === null ? {} : { idleTimeoutMs }) };
}

/** By name, without repetition, so that the order in the document does not matter. */
function compileHeaders(conditions: readonly HeaderCondition[]): HeaderMatch[] {
  const byText = new Map(
    conditions.map((condition) => [JSON.stringify([condition.name, condition.kind, condition.value]), condition]),
  );
  return [...byText]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { name, kind, value }]) => ({ name, match: { $case: kind, value } }));
}

function onHosts(route: Route, { main, sandbox }: Vhosts): Route[] {
  const suffix = route.headers.length === 0 ? '' : `|${hash('sha256', JSON.stringify(route.headers)).slice(0, 8)}`;
  const routes = [{ ...route, id: `${route.id}|${main[0]}${suffix}`, vhosts: [...main] }];
  if (sandbox !== null) routes.push({ ...route, id: `${route.id}|${sandbox}${suffix}`, vhosts: [sandbox], upstream: 'sandbox' });
  return routes;
}

function duplicate(route: Route, at: number, first: number): Diagnostic {
  const message = `Duplicate operation: ${route.method} ${route.operationPath} is already defined by spec.operations[${first}]`;
  return { path: `spec.operations[${at}]`, code: 'duplicate', message };
}

function literalStar(at: number): Diagnostic {
  return {
    path: `spec.operations[${at}]`,
    code: 'literal_star',
    message: "'*' is a wildcard only as the last segment; elsewhere it stands for itself",
  };
}

import { request } from 'node:http';

import { canonicalPath } from '@tidegate/gateway-ir';
import type { BuiltRoute, RouteTable } from '@tidegate/route-table';

/** What came of asking every route of an environment, as it travels in a CommandResult. */
export interface ProbeReport {
  readonly routes: number;
  /** Routes that were asked over HTTP: GET and HEAD, which change nothing */
  readonly asked: number;
  /** The first ones */
  readonly problems: readonly ProbeProblem[];
}

export interface ProbeProblem {
  readonly api: string;
  readonly route: string;
  /** Not served here, or another route answers; or its upstream cannot be reached */
  readonly code: 'NOT_ROUTED' | 'UPSTREAM_UNREACHABLE';
}

/** Status of the answer; `null` = none came. */
export type Ask = (host: string, method: string, path: string) => Promise<number | null>;

/** Of one environment */
const ROUTES_MAX = 2000;
const AT_ONCE = 8;
/** They travel in a message of 2048 characters. */
const PROBLEMS_MAX = 12;
const DEADLINE_MS = 5_000;

/**
 * Rehearses the traffic of an environment on this node: each of its routes must be the one that takes its own path, and those that change
 * nothing are asked as a client would. Any answer of an upstream or a policy is fine, a refusal too; only that nobody answered is not.
 */
export async function probeEnvironment(table: RouteTable | null, environmentId: string, ask: Ask): Promise<ProbeReport> {
  const deployments = [...(table?.deployments.values() ?? [])].filter(({ deploymentId }) =>
    deploymentId.endsWith(`/${environmentId}`),
  );
  const routes = deployments.flatMap((deployment) => deployment.routes).slice(0, ROUTES_MAX);
  const problems: ProbeProblem[] = [];
  let asked = 0;
  const waiting = [...routes];
  const work = async (): Promise<void> => {
    for (let route = waiting.shift(); route !== undefined; route = waiting.shift()) {
      const { method, apiHandle: api } = route.facts;
      const [host, path] = [hostFor(route), pathFor(route)];
      const problem = (code: ProbeProblem['code']): void => void problems.push({ api, route: `${method} ${path}`, code });
      if (table === null || !isRouted(table, route, { host, path })) problem('NOT_ROUTED');
      else if (method === 'GET' || method === 'HEAD') {
        asked += 1;
        const status = await ask(host, method, path);
        if (status === null || status === 502 || status === 503 || status === 504) problem('UPSTREAM_UNREACHABLE');
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { routes: routes.length, asked, problems: problems.slice(0, PROBLEMS_MAX) };
}

/** Asks this router itself, over its own port. */
export function askLocally(port: number, boundTo: string): Ask {
  const address = boundTo === '0.0.0.0' || boundTo === '::' ? '127.0.0.1' : boundTo;
  return (host, method, path) =>
    new Promise((resolve) => {
      const call = request({
        host: address,
        port,
        method,
        path,
        agent: false,
        headers: { host, 'user-agent': 'tidegate-probe' },
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      call.on('response', (answer) => {
        answer.destroy();
        resolve(answer.statusCode ?? null);
      });
      call.on('error', () => resolve(null));
      call.end();
    });
}

/** Rejected APIs answer 503, and count as not routed. What header matches decide cannot be asked without them. */
function isRouted(
  table: RouteTable,
  { facts, headers, serving }: BuiltRoute,
  { host, path }: { host: string; path: string },
): boolean {
  if (serving === null) return false;
  if (headers !== null) return true;
  const canonical = canonicalPath(path);
  const found =
    canonical === null ? null : table.match(host, facts.method === '*' ? 'GET' : facts.method, canonical, () => undefined);
  return found?.facts.deploymentId === facts.deploymentId;
}

/** `*`, `*.suffix` and `prefix*` become a name that they take. */
function hostFor({ vhosts: [vhost = '*'] }: BuiltRoute): string {
  return vhost === '*' ? 'probe.invalid' : vhost.replace('*', 'probe');
}

function pathFor({ facts: { context, operationPath } }: BuiltRoute): string {
  const path = `${context === '/' ? '' : context}${operationPath}`.replaceAll(/\{[^}]*\}/g, 'probe').replaceAll('*', 'probe');
  return path === '' ? '/' : path;
}

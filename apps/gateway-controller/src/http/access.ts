import { type Endpoint, ENDPOINTS, type Role } from '@tidegate/management-api';

/** Who is asking. `id` is the user name as configured. */
export interface Caller {
  readonly id: string;
  readonly roles: readonly Role[];
}

interface AccessRule {
  readonly method: string;
  /** Without the base path, as in `Endpoint.path` */
  readonly path: string;
  readonly roles: readonly Role[] | 'anyone';
}

/** The role matrix. A route that the contract does not declare answers 403. */
export const ACCESS_RULES: readonly AccessRule[] = ENDPOINTS;

/** Both serve the same handlers (decision 1). */
export const BASE_PATHS = ['', '/api/management/v1'] as const;

/** Who may call a route; a HEAD is the GET it asks about. `null` = nobody, because nobody said so. */
export function rolesFor(method: string, routePath: string): AccessRule['roles'] | null {
  return endpointFor(method === 'HEAD' ? 'GET' : method, routePath)?.roles ?? null;
}

/** What the contract says of a route, under either base path. */
export function endpointFor(method: string, routePath: string): Endpoint | undefined {
  const path = withoutBasePath(routePath);
  return ENDPOINTS.find((one) => one.method === method && one.path === path);
}

/** Methods that the resource at a concrete path knows, in alphabetical order; empty = no such resource. */
export function methodsAt(path: string): string[] {
  const segments = withoutBasePath(path).split('/');
  const methods = ACCESS_RULES.filter((rule) => fits(rule.path.split('/'), segments)).map((rule) => rule.method);
  return methods.includes('GET') ? [...methods, 'HEAD'].sort() : methods.sort();
}

function withoutBasePath(path: string): string {
  const base = BASE_PATHS[1];
  return path === base || path.startsWith(`${base}/`) ? path.slice(base.length) : path;
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, at) => (part.startsWith(':') ? segments[at] !== '' : part.replaceAll('::', ':') === segments[at]))
  );
}

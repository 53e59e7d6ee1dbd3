import type { ApiRoutes, Route } from '@tidegate/gateway-ir';

import { erasedTemplate } from './compile-path.ts';

export interface ClaimOwner {
  readonly deploymentId: string;
  readonly apiHandle: string;
}

/** A route that somebody else has already. */
export interface Clash {
  readonly claim: string;
  readonly method: string;
  /** Template as this document writes it, context included */
  readonly path: string;
  readonly vhost: string;
  readonly ownerHandle: string;
}

/**
 * What a deployment claims for itself: one text per host and route. Two deployments clash when they share one (decision 23):
 * same host pattern, method, path template with parameter names erased, and set of header conditions. Overlaps that precedence
 * resolves ("/a/{x}" and "/a/b", "/a" and "/a/") share none.
 */
export function routeClaims(routes: ApiRoutes): string[] {
  return [...new Set(routes.routes.flatMap((route) => route.vhosts.map((vhost) => claimOf(route, vhost))))];
}

/** The routes that another deployment owns. Owners of claims may be asked in any order and often. */
export function findClashes(routes: ApiRoutes, owners: (claim: string) => ClaimOwner | undefined): Clash[] {
  const clashes: Clash[] = [];
  for (const route of routes.routes) {
    for (const vhost of route.vhosts) {
      const claim = claimOf(route, vhost);
      const owner = owners(claim);
      if (owner === undefined || owner.deploymentId === routes.deploymentId) continue;
      clashes.push({ claim, method: route.method, path: route.path?.template ?? '', vhost, ownerHandle: owner.apiHandle });
    }
  }
  return clashes;
}

export function claimOf({ method, path, headers }: Route, vhost: string): string {
  if (path === undefined) throw new Error('a route without path claims nothing');
  const conditions = headers.map(({ name, match }) => JSON.stringify([name, match?.$case, match?.value])).sort();
  const where = `${vhost.toLowerCase()} ${method} ${erasedTemplate(path)}`;
  return conditions.length === 0 ? where : `${where} [${conditions.join(',')}]`;
}

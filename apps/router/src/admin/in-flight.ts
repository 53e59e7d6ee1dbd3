import type { RouteTable } from '@tidegate/route-table';

/** The second half of a deployment id */
export function environmentOf(deploymentId: string): string {
  return deploymentId.slice(deploymentId.indexOf('/') + 1);
}

/** Requests under way by environment; those without any are absent. */
export function inFlightByEnvironment(table: Pick<RouteTable, 'deployments'> | null): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { deploymentId, routes } of table?.deployments.values() ?? []) {
    const count = routes.reduce((sum, { inFlight }) => sum + inFlight, 0);
    if (count === 0) continue;
    const environment = environmentOf(deploymentId);
    counts[environment] = (counts[environment] ?? 0) + count;
  }
  return counts;
}

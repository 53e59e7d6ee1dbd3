export { buildInSteps, buildRouteTable, type BuildResult, type Rejection, type RouteTable } from './build-route-table.ts';
export { type BuiltDeployment, type BuiltRoute, type PhaseStep } from './built-route.ts';
export type { Chain } from './compile-chain.ts';
export { explainRoute, type ExplainRequest, type Explanation } from './explain.ts';
export { compareRoutes } from './precedence.ts';
export type { RouteEntry, RouteServices } from './route-entry.ts';
export { upstreamPath } from './upstream-path.ts';

export { COMPILER_BUILD } from './build.ts';
export { type Clash, type ClaimOwner, findClashes, routeClaims } from './claims.ts';
export { type Compiled, compileRestApi } from './compile-rest-api.ts';
export type { CompileTarget } from './compile-target.ts';
export { compilerCheck } from './compiler-check.ts';
export { diffRoutes, type DiffedRoute, type RouteAspect, type RouteDiff } from './route-diff.ts';
export { ClaimIndex } from './claim-index.ts';
export { findOverlaps, type ForeignClaim } from './overlaps.ts';

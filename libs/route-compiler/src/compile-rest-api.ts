import type { ApiRoutes } from '@tidegate/gateway-ir';
import type { PolicyDefinition } from '@tidegate/policy-sdk';
import { type Diagnostic, presentable, resolvedContext, type RestApiDocument } from '@tidegate/rest-api';

import { compilePolicies } from './compile-policies.ts';
import { compileRoutes } from './compile-routes.ts';
import { compileUpstreams } from './compile-upstreams.ts';
import { basePathOf } from './compile-path.ts';
import { compilerCheck } from './compiler-check.ts';
import { namedUpstreams } from './named-upstreams.ts';
import type { CompileTarget } from './compile-target.ts';
import { compileVhosts } from './compile-vhosts.ts';

export type Compiled =
  | { readonly ok: true; readonly routes: ApiRoutes; readonly warnings: Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: Diagnostic[] };

/**
 * Lowers a checked document to what a router serves. Pure: equal arguments give equal output, to the byte once encoded.
 * Diagnostics are those that need to know the policies, the target or the canonical spelling of a path; all at once, in the
 * document's order. Warnings hinder nothing.
 */
export function compileRestApi(
  document: RestApiDocument,
  target: CompileTarget,
  definitions: readonly PolicyDefinition[],
): Compiled {
  const upstreams = compileUpstreams(document, new Set(namedUpstreams(document, definitions).map(({ name }) => name)));
  const vhosts = compileVhosts(document, target.defaults);
  const policies = compilePolicies(document, definitions, target.defaults.policyMerge);
  const context = basePathOf(target.environmentBasePath, target.basePath === '' ? resolvedContext(document) : target.basePath);
  const routes = compileRoutes(document, { context, vhosts: vhosts.vhosts, chainOf: policies.chainOf });
  const diagnostics = [...compilerCheck(definitions)(document), ...vhosts.diagnostics, ...routes.diagnostics];
  if (diagnostics.length > 0) return { ok: false, diagnostics: presentable(diagnostics) };
  return {
    ok: true,
    routes: {
      deploymentId: target.deploymentId,
      apiId: target.apiId,
      apiHandle: document.metadata.name,
      displayName: document.spec.displayName,
      apiVersion: document.spec.version,
      context,
      environment: target.environment,
      generation: target.generation,
      upstreams: upstreams.upstreams,
      policies: policies.uses,
      routes: routes.routes,
    },
    warnings: presentable([...upstreams.warnings, ...routes.warnings]),
  };
}

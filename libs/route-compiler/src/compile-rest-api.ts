import type { ApiRoutes } from '@tidegate/gateway-ir';
import type { PolicyDefinition } from '@tidegate/policy-sdk';
import {
  type Diagnostic,
  presentable,
  renderDocument,
  resolvedContext,
  type RestApiDocument,
  type TemplateValues,
} from '@tidegate/rest-api';

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
 * Lowers a checked document to what a router serves: renders its template expressions with `values`, and what a secret went into
 * travels sealed. Pure: equal arguments give equal output, to the byte once encoded.
 * Diagnostics are those that need to know the values, the policies, the target or the canonical spelling of a path; all at once, in
 * the document's order, and nothing of a secret in them. Warnings hinder nothing.
 */
export function compileRestApi(
  submitted: RestApiDocument,
  target: CompileTarget,
  definitions: readonly PolicyDefinition[],
  values: TemplateValues = NO_VALUES,
): Compiled {
  const rendered = renderDocument(submitted, values);
  if (rendered.diagnostics.length > 0) return { ok: false, diagnostics: presentable(rendered.diagnostics) };
  const document = asDocument(rendered.value);
  const { secretPlaces, masked } = rendered;
  const upstreams = compileUpstreams(document, new Set(namedUpstreams(document, definitions).map(({ name }) => name)));
  const vhosts = compileVhosts(document, target.defaults);
  const policies = compilePolicies(document, { definitions, secretPlaces, defaultMerge: target.defaults.policyMerge });
  const context = basePathOf(target.environmentBasePath, target.basePath === '' ? resolvedContext(document) : target.basePath);
  const routes = compileRoutes(document, { context, vhosts: vhosts.vhosts, chainOf: policies.chainOf });
  const diagnostics = [
    ...compilerCheck(definitions)(document),
    ...policies.diagnostics,
    ...vhosts.diagnostics,
    ...routes.diagnostics,
  ];
  if (diagnostics.length > 0) return { ok: false, diagnostics: presentable(masked(diagnostics)) };
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

const NO_VALUES: TemplateValues = { secret: () => null, env: () => null };

/** Rendering changes texts into texts: the shape that was checked is still there. */
function asDocument(rendered: unknown): RestApiDocument {
  return rendered as RestApiDocument;
}

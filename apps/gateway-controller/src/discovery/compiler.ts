import { ApiRoutes } from '@tidegate/gateway-ir';
import { Inject, Injectable } from '@nestjs/common';
import { deniedNetworks } from '@tidegate/process';
import { policyDefinitions } from '@tidegate/policies/definitions';
import { checkRestApi, type Diagnostic, renderDocument, type RestApiDocument, type TemplateValues } from '@tidegate/rest-api';
import { type Compiled, compileRestApi, type CompileTarget, routeClaims } from '@tidegate/route-compiler';

import type { ControllerConfig } from '../config.ts';
import { withOverrides } from '../environments/upstream-overrides.ts';
import { CONFIG } from '../settings.module.ts';
import { TemplateSource } from '../sealing/template-source.ts';
import { compilerBuild } from './compiler-build.ts';
import { deniedUpstreams } from './denied-upstreams.ts';
import type { StoredDeployment } from './stored-rows.ts';

export type CompiledDeployment =
  /** `content` = ApiRoutes, encoded once for every stream; `claims` as decision 23 */
  | { readonly ok: true; readonly content: Buffer; readonly claims: readonly string[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** The one way in which this controller compiles, for checks before a write and for what routers get. */
@Injectable()
export class Compiler {
  /** Travels in Begin */
  readonly build: string;
  readonly #defaults: CompileTarget['defaults'];
  readonly #templates: TemplateSource;
  readonly #isDenied: (address: string) => boolean;

  constructor(@Inject(CONFIG) { router }: Pick<ControllerConfig, 'router'>, @Inject(TemplateSource) templates: TemplateSource) {
    this.#templates = templates;
    this.#isDenied = deniedNetworks(router.upstream.denied_networks);
    this.#defaults = {
      mainVhost: router.vhosts.main.default,
      sandboxVhost: router.vhosts.sandbox.default,
      policyMerge: router.policy_merge,
    };
    this.build = compilerBuild(this.#defaults, policyDefinitions, templates.fingerprint);
  }

  compile(document: RestApiDocument, place: Omit<CompileTarget, 'defaults'>, values: TemplateValues): Compiled {
    return compileRestApi(document, { ...place, defaults: this.#defaults }, policyDefinitions, values);
  }

  /** Addresses that the operator of this gateway has closed. Asked before a write; routers refuse them at every connection. */
  deniedIn(document: RestApiDocument, routes: ApiRoutes): readonly Diagnostic[] {
    return deniedUpstreams(document, routes, this.#isDenied);
  }

  /** Never throws: a document that an older release accepted and this one does not is a value, so that its neighbours live on. */
  compileStored(stored: StoredDeployment): CompiledDeployment {
    try {
      const values = this.#templates.valuesOf(stored.secrets);
      const submitted = withOverrides(stored.document, stored.upstreamOverrides);
      const document = checkRestApi(submitted, undefined, (parsed) => renderDocument(parsed, values));
      if (!document.ok) return { ok: false, diagnostics: document.diagnostics };
      const { id: deploymentId, apiId, environment, environmentBasePath, basePath, generation } = stored;
      const place = { apiId, deploymentId, environment, environmentBasePath, basePath, generation };
      const compiled = this.compile(document.value, place, values);
      if (!compiled.ok) return { ok: false, diagnostics: compiled.diagnostics };
      const content = Buffer.from(ApiRoutes.encode(compiled.routes).finish());
      return { ok: true, content, claims: routeClaims(compiled.routes) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { ok: false, diagnostics: [{ path: '', code: 'compiler_failed', message }] };
    }
  }
}

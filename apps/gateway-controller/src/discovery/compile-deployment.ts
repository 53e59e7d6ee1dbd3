import { createHash } from 'node:crypto';

import { ApiRoutes } from '@tidegate/gateway-ir';
import { policyDefinitions } from '@tidegate/policies/definitions';
import { checkRestApi, type Diagnostic } from '@tidegate/rest-api';
import { COMPILER_BUILD, compileRestApi, type CompileTarget, routeClaims } from '@tidegate/route-compiler';

/** A deployment as stored, with what it is deployed from and where. */
export interface StoredDeployment {
  /** "<apiId>/<environmentId>" */
  readonly id: string;
  readonly apiId: string;
  readonly apiHandle: string;
  readonly document: unknown;
  readonly generation: number;
  readonly desiredState: 'deployed' | 'undeployed';
  readonly environment: string;
  readonly environmentBasePath: string;
  readonly basePath: string;
}

export type CompiledDeployment =
  /** `content` = ApiRoutes, encoded once for every stream; `claims` as decision 23 */
  | { readonly ok: true; readonly content: Buffer; readonly claims: readonly string[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** What the gateway says where a document says nothing. */
export const COMPILE_DEFAULTS: CompileTarget['defaults'] = { mainVhost: '*', sandboxVhost: 'sandbox-*', policyMerge: 'override' };

/** Travels in Begin: whoever has another one may compile the same document to other bytes. */
export const BUILD = `${COMPILER_BUILD}+${createHash('sha256').update(JSON.stringify(COMPILE_DEFAULTS)).digest('hex').slice(0, 8)}`;

/** Never throws: a document that an older release accepted and this one does not is a value, so that its neighbours live on. */
export function compileDeployment(stored: StoredDeployment): CompiledDeployment {
  try {
    const document = checkRestApi(stored.document);
    if (!document.ok) return { ok: false, diagnostics: document.diagnostics };
    const compiled = compileRestApi(document.value, targetOf(stored), policyDefinitions);
    if (!compiled.ok) return { ok: false, diagnostics: compiled.diagnostics };
    const content = Buffer.from(ApiRoutes.encode(compiled.routes).finish());
    return { ok: true, content, claims: routeClaims(compiled.routes) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, diagnostics: [{ path: '', code: 'compiler_failed', message }] };
  }
}

function targetOf(stored: StoredDeployment): CompileTarget {
  return {
    apiId: stored.apiId,
    deploymentId: stored.id,
    environment: stored.environment,
    environmentBasePath: stored.environmentBasePath,
    basePath: stored.basePath,
    generation: stored.generation,
    defaults: COMPILE_DEFAULTS,
  };
}

import type { PolicyDefinition } from '@tidegate/policy-sdk';
import type { Diagnostic } from '@tidegate/rest-api';

import { definedUpstreams, namedUpstreams } from './named-upstreams.ts';
import { attachmentsOf } from './policy-attachments.ts';
import { resolvePolicy } from './resolve-policy.ts';

/**
 * What the compiler finds wrong in a document without compiling it: unknown policies, bad parameters, unknown upstreams. Takes
 * any value, so that `parseRestApi(body, type, compilerCheck(definitions))` tells a user everything in one answer.
 */
export function compilerCheck(definitions: readonly PolicyDefinition[]): (document: unknown) => Diagnostic[] {
  return (document) => {
    const policies = attachmentsOf(document).flatMap(({ attachment, path }) => {
      const resolved = resolvePolicy(attachment, path, definitions);
      return resolved.ok ? [] : resolved.diagnostics;
    });
    return [...policies, ...unknownUpstreams(document, definitions)];
  };
}

/** WSO2's gateway finds out when the first request is to go there. */
function unknownUpstreams(document: unknown, definitions: readonly PolicyDefinition[]): Diagnostic[] {
  const defined = definedUpstreams(document);
  return namedUpstreams(document, definitions).flatMap(({ name, path }) => {
    if (RESERVED.has(name)) {
      const message = `'${name}' means the API's own upstream; give the definition another name to send requests to it`;
      return [{ path, code: 'reserved', message }];
    }
    if (defined.has(name)) return [];
    return [{ path, code: 'unknown_upstream', message: `Upstream definition '${name}' does not exist` }];
  });
}

/** How routes call the upstreams of `spec.upstream`. */
const RESERVED: ReadonlySet<string> = new Set(['main', 'sandbox']);

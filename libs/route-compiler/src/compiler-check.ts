import type { PolicyDefinition } from '@tidegate/policy-sdk';
import type { Diagnostic } from '@tidegate/rest-api';

import { attachmentsOf, items, member } from './policy-attachments.ts';
import { resolvePolicy } from './resolve-policy.ts';
import { templatesIn } from './templates.ts';

/**
 * What the compiler finds wrong in a document without compiling it: unknown policies, bad parameters, template expressions. Takes
 * any value, so that `parseRestApi(body, type, compilerCheck(definitions))` tells a user everything in one answer.
 */
export function compilerCheck(definitions: readonly PolicyDefinition[]): (document: unknown) => Diagnostic[] {
  return (document) => {
    const policies = attachmentsOf(document).flatMap(({ attachment, path }) => {
      const resolved = resolvePolicy(attachment, path, definitions);
      return resolved.ok ? [] : resolved.diagnostics;
    });
    return [...urlTemplates(document), ...headerTemplates(document), ...policies];
  };
}

function urlTemplates(document: unknown): Diagnostic[] {
  const spec = member(document, 'spec');
  const definitions = items(member(spec, 'upstreamDefinitions')).flatMap((definition, at) =>
    items(member(definition, 'upstreams')).flatMap((target, position) =>
      templatesIn(member(target, 'url'), `spec.upstreamDefinitions[${at}].upstreams[${position}].url`),
    ),
  );
  const direct = (['main', 'sandbox'] as const).flatMap((name) =>
    templatesIn(member(member(member(spec, 'upstream'), name), 'url'), `spec.upstream.${name}.url`),
  );
  return [...definitions, ...direct];
}

function headerTemplates(document: unknown): Diagnostic[] {
  return items(member(member(document, 'spec'), 'operations')).flatMap((operation, at) =>
    items(member(member(operation, 'match'), 'headers')).flatMap((header, position) =>
      templatesIn(member(header, 'value'), `spec.operations[${at}].match.headers[${position}].value`),
    ),
  );
}

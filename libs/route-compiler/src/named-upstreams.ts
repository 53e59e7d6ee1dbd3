import type { PolicyDefinition } from '@tidegate/policy-sdk';

import { attachmentsOf, items, member } from './policy-attachments.ts';

export interface NamedUpstream {
  readonly name: string;
  /** Where the document names it */
  readonly path: string;
}

/** The upstream definitions that policies of a document send requests to, whether they exist or not. Takes any value. */
export function namedUpstreams(document: unknown, definitions: readonly PolicyDefinition[]): NamedUpstream[] {
  const parameterOf = new Map(definitions.map(({ name, upstreamParam }) => [name, upstreamParam]));
  return attachmentsOf(document).flatMap(({ attachment, path }) => {
    const parameter = parameterOf.get(attachment.name);
    const name = parameter === undefined ? undefined : member(attachment.params, parameter);
    return typeof name === 'string' ? [{ name, path: `${path}.params.${parameter}` }] : [];
  });
}

/** Of any document, the names it defines. */
export function definedUpstreams(document: unknown): ReadonlySet<unknown> {
  return new Set(items(member(member(document, 'spec'), 'upstreamDefinitions')).map((definition) => member(definition, 'name')));
}

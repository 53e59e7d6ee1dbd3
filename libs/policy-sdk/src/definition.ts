import type { z } from 'zod';

/** The moments at which a policy may act: four phases, of which response phases run in reverse order of the chain, and around the forwarding. */
export type PolicyPhase = 'request-headers' | 'request-body' | 'forwarding' | 'response-headers' | 'response-body';

export type PolicyCategory = 'authentication' | 'traffic' | 'transformation' | 'security' | 'observability' | 'mediation';

/** What the planes share about a policy: its name, versions and the schema of its parameters. Holds no behaviour. */
export interface PolicyDefinition<Params = unknown> {
  /** kebab-case, the name used in documents */
  readonly name: string;
  /** Major version, the only part a document may name */
  readonly version: `v${number}`;
  /** Full semantic version, for catalogues */
  readonly fullVersion: string;
  readonly displayName: string;
  readonly description: string;
  readonly category: PolicyCategory;
  readonly phases: readonly PolicyPhase[];
  /** Table of `[policy_configurations]` that this policy shares with others, before its own; absent = none */
  readonly sharedSettings?: string;
  /** Parameter that names an upstream definition of the document; absent = none */
  readonly upstreamParam?: string;
  /** Strict object schema; every field described. JSON Schema and documentation are generated from it */
  readonly params: z.ZodType<Params>;
}

export function definePolicy<Params>(definition: PolicyDefinition<Params>): PolicyDefinition<Params> {
  return definition;
}

import type { PolicyDefinition } from '@tidegate/policy-sdk';
import { z } from 'zod';

/** One policy as catalogues and generated pages show it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly version: string;
  readonly fullVersion: string;
  readonly displayName: string;
  readonly description: string;
  readonly category: string;
  readonly phases: string[];
  /** JSON Schema of what a document writes under `params` */
  readonly parameters: Record<string, unknown>;
}

export function catalogueEntry(definition: PolicyDefinition): CatalogueEntry {
  const { name, version, fullVersion, displayName, description, category, phases, params } = definition;
  const { $schema: _dialect, ...parameters } = z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' });
  return { name, version, fullVersion, displayName, description, category, phases: [...phases], parameters };
}

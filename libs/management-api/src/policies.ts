import { z } from 'zod';

import { listOf, paging } from './lists.ts';

export type PolicyItem = z.infer<typeof policyItem>;
export type PolicyList = z.infer<typeof policyList>;
export type PolicyListQuery = z.output<typeof policyListQuery>;

/** A policy that documents may name. */
export const policyItem = z.object({
  name: z.string(),
  version: z.string().describe('Major, the only part a document may name'),
  fullVersion: z.string(),
  displayName: z.string(),
  description: z.string(),
  category: z.string(),
  phases: z.array(z.string()),
  parameters: z.record(z.string(), z.unknown()).describe('JSON Schema of `params`'),
});

export const policyList = listOf('policies', policyItem);

export const policyListQuery = z.object({ ...paging, category: z.string().max(64).optional() });

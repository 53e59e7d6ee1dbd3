import { z } from 'zod';

import { fieldError } from './errors.ts';
import { propagation } from './propagation.ts';

export type DryRun = z.infer<typeof dryRun>;
export type ApimChanges = z.infer<typeof apimChanges>;
export type RouteChanges = z.infer<typeof routeChanges>;
export type ApplyRequest = z.output<typeof applyRequest>;
export type Applied = z.infer<typeof applied>;
export type AppliedItem = z.infer<typeof appliedItem>;

const route = { method: z.string(), path: z.string().describe('With the context'), vhost: z.string() };

export const routeChanges = z.object({
  added: z.array(z.object(route)),
  removed: z.array(z.object(route)),
  changed: z.array(z.object({ ...route, what: z.array(z.enum(['path', 'upstream', 'policies', 'timeouts', 'upgrade'])) })),
  unchanged: z.int().min(0),
});

/** What APIM has after it as the controller knows it; an edit made there meanwhile shows in the sync pages. */
export const apimChanges = z.object({
  action: z
    .enum(['import', 'undeploy', 'nothing'])
    .describe('Every accepted write of a deployed API is imported, also an equal one'),
  changes: z
    .array(z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() }))
    .describe('Of the import payload: context, endpoints, policies and operations; null = not there'),
  losses: z.array(z.object({ path: z.string(), message: z.string() })).describe('What APIM cannot be told'),
  refused: z.string().optional().describe('Why it cannot be imported at all'),
});

/** POST /rest-apis:dry-run: what a POST or PUT of this document would do. What it would be refused for is answered as they would. */
export const dryRun = z.object({
  status: z.literal('success'),
  name: z.string(),
  action: z.enum(['create', 'update', 'unchanged']).describe('unchanged: the document is the stored one'),
  routes: routeChanges,
  apim: apimChanges,
  warnings: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
});

/** A set of documents that should be there. All are checked before the first is written. */
export const DOCUMENTS_MAX = 200;

export const applyRequest = z.strictObject({
  documents: z.array(z.unknown()).max(DOCUMENTS_MAX).describe('RestApi documents, written in this order'),
  prune: z
    .record(z.string().min(1), z.string())
    .refine((labels) => Object.keys(labels).length > 0, 'prune must name at least one label')
    .optional()
    .describe('Deletes APIs that carry all these labels and are not in `documents`, once every document is applied'),
  dryRun: z.boolean().default(false),
});

export const appliedItem = z.object({
  name: z.string(),
  action: z.enum(['create', 'update', 'unchanged', 'delete']),
  ok: z.boolean().describe('False: this API is as it was, and `code` says why'),
  generation: z.int().nullable().describe('After the write; null in a dry run, for a deletion and where it was refused'),
  code: z.string().optional(),
  message: z.string().optional(),
  errors: z.array(fieldError).optional(),
  routes: routeChanges.optional().describe('In a dry run'),
});

/** PUT /rest-apis:apply. Each API is written or refused as a whole; applying the same set again changes nothing. */
export const applied = z.object({
  status: z.enum(['success', 'partial']).describe('partial: something was refused; nothing is pruned then'),
  dryRun: z.boolean(),
  changed: z.int().min(0),
  failed: z.int().min(0),
  items: z.array(appliedItem),
  propagation: propagation.optional(),
});

import { z } from 'zod';

import { listOf, paging } from './lists.ts';

export type AuditList = z.infer<typeof auditList>;
export type AuditListQuery = z.output<typeof auditListQuery>;

/** One request that was meant to change something. Bodies are never kept: they may hold secrets. */
export const auditEntry = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string().describe('operationId'),
  path: z.string(),
  requestId: z.string(),
  client: z.string().nullable().describe('Address that the request came from'),
  status: z.int().nullable().describe('null = under way, or the controller died before it answered: look at the resource'),
  code: z.string().nullable().describe('Of the error envelope, where it was refused'),
});

/** Newest first. Kept for 90 days, at most 200 000. */
export const auditList = listOf('entries', auditEntry);

/** All must fit; `path` is a prefix. */
export const auditListQuery = z.object({
  ...paging,
  actor: z.string().max(255).optional(),
  action: z.string().max(255).optional(),
  path: z.string().max(1024).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
});

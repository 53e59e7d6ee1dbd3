import { restApiDocument } from '@tidegate/rest-api';
import { z } from 'zod';

import { listOf, paging } from './lists.ts';

export type RevisionList = z.infer<typeof revisionList>;
export type RevisionListQuery = z.output<typeof revisionListQuery>;
export type Revision = z.infer<typeof revision>;

export const revisionItem = z.object({
  revision: z.int().min(1).describe('The generation that this write made'),
  current: z.boolean(),
  desiredState: z.enum(['deployed', 'undeployed']),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  restoredFrom: z.int().nullable().describe('The revision whose document this is again; null = a new document'),
});

/** With the document as it was submitted. */
export const revision = revisionItem.extend({ status: z.literal('success'), document: restApiDocument });

/** Newest first. The newest 100 revisions of an API are kept. */
export const revisionList = listOf('revisions', revisionItem);

export const revisionListQuery = z.object(paging);

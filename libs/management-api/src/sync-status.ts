import { z } from 'zod';

export type CpSyncStatus = z.infer<typeof cpSyncStatus>;
export type CpSyncInfo = z.infer<typeof cpSyncInfo>;

/** Whether APIM has the API. The finer state is `cpSyncInfo.phase` (decision 22). */
export const cpSyncStatus = z.enum(['pending', 'success', 'failed']);

/** Why the status is what it is. Known remote facts (`id`, `revision`, `generation`) survive failures. */
export const cpSyncInfo = z.object({
  phase: z
    .enum(['waiting', 'syncing', 'blocked', 'synced', 'failed', 'parked'])
    .describe('waiting, syncing and blocked are pending; synced is success; failed and parked (refused for good) are failed'),
  reason: z.string().nullable().describe('Stable, snake_case; null = nothing to explain'),
  message: z.string().nullable(),
  attempts: z.int().min(0).describe('Tries made for the present generation'),
  nextAttemptAt: z.iso.datetime().nullable().describe('null = none is planned'),
  id: z.string().nullable().describe('Of the API in APIM'),
  revision: z.string().nullable(),
  generation: z.int().min(1).nullable().describe('Ours, that APIM has'),
  losses: z.array(z.object({ path: z.string(), message: z.string() })).describe('What of the document APIM cannot hold'),
});

import { z } from 'zod';

export type SyncLag = z.infer<typeof syncLag>;
export type SyncLagQuery = z.output<typeof syncLagQuery>;

const count = z.int().min(0);
const ms = z.number().min(0).nullable();

export const syncLagQuery = z.object({ minutes: z.enum(['15', '60', '360']).default('15').transform(Number) });

/** GET /sync/lag: how long writes took to be confirmed by APIM, by when they were confirmed. */
export const syncLag = z.object({
  status: z.literal('success'),
  minutes: z.int(),
  stepSeconds: z.int().min(1),
  points: z
    .array(
      z.object({
        at: z.iso.datetime().describe('Begin of the interval'),
        synced: count,
        failed: count.describe('Attempts that did not end in a confirmation'),
        medianMs: ms.describe('null = nothing was confirmed'),
        maxMs: ms,
      }),
    )
    .describe('Oldest first, without gaps'),
});

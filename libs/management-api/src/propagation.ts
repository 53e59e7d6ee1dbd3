import { z } from 'zod';

export type Propagation = z.infer<typeof propagation>;
export type WaitUntil = z.infer<typeof waitUntil>;

/** `?wait=`: answer when every live router has applied the change, or when APIM has it (decision 20). */
export const waitUntil = z.enum(['programmed', 'synced']);

/**
 * How far a committed change has come. `programmed` = on every node that was live at commit; `partial` = on some of them when
 * the time was up, or some could not build it; `pending` = on none, or no node was live.
 */
export const propagation = z.object({
  state: z.enum(['programmed', 'partial', 'pending']),
  nodes: z.array(
    z.object({
      id: z.string(),
      appliedAt: z.iso.datetime().nullable().describe('null = not yet'),
      ms: z.number().min(0).nullable().describe('From commit to the acknowledged swap'),
      rejected: z.string().optional().describe('Why the node could not build this API; it serves the form it had, or 503'),
    }),
  ),
});

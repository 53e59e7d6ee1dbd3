import { z } from 'zod';

import { listOf } from './lists.ts';

export type OperationItem = z.infer<typeof operationItem>;
export type RestartRequest = z.output<typeof restartRequest>;

const time = z.iso.datetime();

/** POST /gateways/{id}/restart */
export const restartRequest = z.strictObject({
  strategy: z.enum(['rolling', 'all']).default('rolling'),
  percentage: z.int().min(0).max(100).default(0).describe('Rolling: nodes away at once, of all; 0 = one after the other'),
  forceAfterMinutes: z
    .int()
    .min(0)
    .max(1440)
    .optional()
    .describe('What is in flight then is cut; 0 = nothing is, however long it takes. Absent = as the gateway has it'),
  reason: z.string().trim().min(1).max(255).optional(),
});

/** A restart, an update or a rollback of a gateway, with where each node is. */
export const operationItem = z.object({
  id: z.uuid(),
  gateway: z.object({ id: z.uuid(), name: z.string() }),
  kind: z.enum(['restart', 'update', 'rollback']),
  state: z.enum(['open', 'succeeded', 'failed', 'cancelled']),
  strategy: z.enum(['rolling', 'all']),
  percentage: z.int(),
  forceAfterMinutes: z.number(),
  runtimeVersion: z.string().nullable().describe('Update and rollback: what the nodes shall run'),
  reason: z.string().nullable(),
  failure: z.string().nullable(),
  requestedBy: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  limitSeconds: z.number().describe('Of one node, from the moment it was told; beyond it the spinner is red'),
  done: z.int(),
  total: z.int(),
  nodes: z.array(
    z.object({
      id: z.string(),
      state: z.enum(['waiting', 'told', 'late', 'failed', 'done']),
      commandedAt: time.nullable(),
      elapsedSeconds: z.int().nullable().describe('Since it was told'),
      staged: z.boolean().nullable().describe('Updates: the runtime lies there, verified'),
      message: z.string().nullable(),
    }),
  ),
});

export const operationList = listOf('operations', operationItem);

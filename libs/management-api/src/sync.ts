import { z } from 'zod';

import { listOf, paging } from './lists.ts';
import { cpSyncInfo, cpSyncStatus } from './sync-status.ts';

export type SyncOverview = z.infer<typeof syncOverview>;
export type SyncQueueItem = z.infer<typeof syncQueueItem>;
export type SyncQueue = z.infer<typeof syncQueue>;
export type SyncQueueQuery = z.output<typeof syncQueueQuery>;
export type ApiSync = z.infer<typeof apiSync>;
export type SyncAttempt = z.infer<typeof syncAttempt>;

const time = z.iso.datetime();
const count = z.int().min(0);
const ms = z.int().min(0);
const desiredState = z.enum(['deployed', 'undeployed', 'deleted']);

/** Whether APIM's copy is what was pushed; unknown = it could not be compared, or has not been for long. */
const driftState = z.enum(['in_sync', 'out_of_sync', 'unknown']);

/** GET /sync: the way to the control plane as a whole. */
export const syncOverview = z.object({
  status: z.literal('success'),
  mode: z.enum(['unknown', 'onprem', 'cloud']),
  connection: z.object({
    state: z
      .enum(['not_configured', 'disabled', 'no_worker', 'undiscovered', 'unreachable', 'blocked', 'disconnected', 'connected'])
      .describe('disconnected = APIM answers and is pushed to, but the WebSocket is down'),
    configured: z.boolean(),
    connected: z.boolean(),
    onprem: z.boolean(),
    host: z.string().nullable(),
    reason: z.string().nullable().describe('Stable, snake_case; null = nothing to explain'),
    message: z.string().nullable(),
    reportedBy: z.string().nullable().describe('The worker that holds the connection'),
    reportedAt: time.nullable(),
  }),
  breaker: z
    .object({ state: z.enum(['closed', 'half_open', 'open']), reason: z.string().nullable(), since: time.nullable() })
    .describe('open = nothing is sent, since it would be refused or not arrive; half_open = a probe is under way'),
  queue: z.object({
    pending: count.describe('Of these: due now, being pushed, waiting for their time, blocked, paused'),
    due: count,
    syncing: count,
    waiting: count,
    blocked: count,
    paused: count,
    failed: count.describe('Tried again after the reconcile interval'),
    parked: count.describe('Refused for good, or skipped: until the next edit'),
    synced: count,
    deleting: count.describe('Deleted APIs that APIM has not let go of; also counted above'),
  }),
  drift: z
    .object({ inSync: count, outOfSync: count, unknown: count })
    .describe('APIs that were pushed, by whether APIM still has what was pushed'),
  inbox: z
    .object({ pending: count, acksOwed: count })
    .describe('Events of the control plane that are not settled, and acknowledgements that are not written yet'),
  heldRemovals: z
    .object({ deployments: count, keys: count, since: time.nullable() })
    .describe('What the latest listing of the control plane would take away, were it believed: POST /sync/confirm-removals'),
  lag: z.object({
    oldestPendingMs: ms.nullable().describe('How long the oldest unfulfilled wish waits; null = none does'),
    lastHour: z.object({ count, medianMs: ms.nullable(), p99Ms: ms.nullable(), maxMs: ms.nullable() }),
  }),
  attempts: z.object({ lastHour: count, failedLastHour: count }),
});

/** One API that APIM should know of. Deleted ones have no document any more and are named by uuid. */
export const syncQueueItem = z.object({
  apiId: z.uuid(),
  handle: z.string(),
  displayName: z.string(),
  version: z.string(),
  desiredState,
  generation: z.int().min(1).describe('The one that is wanted'),
  syncedGeneration: count.describe('The one APIM is known to have, in the state wanted then; 0 = none'),
  waitingSince: time,
  paused: z.boolean(),
  worker: z.string().nullable().describe('Who pushes it right now'),
  drift: driftState,
  cpSyncStatus,
  cpSyncInfo,
});

export const syncQueue = listOf('items', syncQueueItem);

/** Without `phase` everything that APIM has not (yet); next due first. */
export const syncQueueQuery = z.object({
  ...paging,
  phase: z.enum(['waiting', 'syncing', 'blocked', 'failed', 'parked', 'synced', 'paused']).optional(),
});

/** One claim of a worker, from look to outcome. */
export const syncAttempt = z.object({
  id: z.int(),
  generation: z.int().min(1),
  worker: z.string().nullable(),
  startedAt: time.nullable(),
  endedAt: time,
  outcome: z
    .enum(['synced', 'retryable', 'terminal', 'blocked', 'late'])
    .describe('late = somebody else had taken over: it was not believed'),
  reason: z.string().nullable(),
  message: z.string().nullable(),
  tried: z.boolean().describe('An import or undeploy was really sent'),
  lagMs: ms.nullable().describe('From the write to APIM having it'),
  exchanges: z.array(
    z.object({
      at: time,
      method: z.string(),
      path: z.string(),
      requestBytes: count,
      status: z.int().nullable().describe('null = no answer'),
      tookMs: ms,
      answer: z.string().nullable().describe('The beginning of an answer that was no success, secrets masked'),
    }),
  ),
});

/** GET /rest-apis/{id}/sync. A deleted API is found by its uuid until APIM has let go of it. */
export const apiSync = z.object({
  status: z.literal('success'),
  ...syncQueueItem.shape,
  pausedAt: time.nullable(),
  pausedBy: z.string().nullable(),
  leaseUntil: time.nullable(),
  pushedGeneration: count.describe('Whose content APIM was last known to have'),
  pushedHash: z.string().nullable(),
  deployedInApim: z.boolean(),
  inDoubt: z.boolean().describe('What APIM has is not known for sure: it is looked at before anything is sent'),
  looksOwed: count.describe('Looks still to come, because an exchange of unknown outcome may land late'),
  nextLookAt: time.nullable(),
  driftDetail: z.object({
    checkedAt: time.nullable(),
    message: z.string().nullable().describe('What somebody did in APIM, or why it could not be compared'),
    differences: z
      .array(
        z.object({
          path: z.string(),
          base: z.string().nullable().describe('As it was pushed; null = it was not there'),
          ours: z.string().nullable().describe('As it is wanted now'),
          theirs: z.string().nullable().describe('As APIM has it'),
        }),
      )
      .describe('POST /rest-apis/{id}/sync pushes ours over theirs'),
  }),
  attempts: z.array(syncAttempt).describe('Newest first, at most 50'),
});

/** POST /sync/confirm-removals */
export const removalsConfirmed = z.object({ status: z.literal('success'), message: z.string(), confirmed: count });

/** POST /rest-apis/{id}/sync/pause|resume|skip */
export const syncSteered = z.object({ status: z.literal('success'), message: z.string(), ...syncQueueItem.shape });
export type SyncSteered = z.infer<typeof syncSteered>;

/** POST /sync/look */
export const syncLook = z.object({
  status: z.literal('success'),
  message: z.string(),
  apis: count.describe('Looked at in APIM as soon as nothing else is due; what differs is pushed again'),
  since: time.describe('For GET /verify?since='),
});
export type SyncLook = z.infer<typeof syncLook>;

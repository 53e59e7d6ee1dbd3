import { z } from 'zod';

export type ChangeEvent = z.infer<typeof changeEvent>;
export type EventQuery = z.output<typeof eventQuery>;

export const EVENT_TYPES = [
  'rest-api.created',
  'rest-api.updated',
  'rest-api.deleted',
  'rest-api.sync',
  'api-key.created',
  'api-key.updated',
  'api-key.revoked',
  'subscription-plan.created',
  'subscription-plan.updated',
  'subscription-plan.deleted',
  'subscription.created',
  'subscription.updated',
  'subscription.deleted',
  'certificate.created',
  'certificate.deleted',
  'secret.created',
  'secret.updated',
  'secret.deleted',
  'node.changed',
  'gateway.changed',
  'gateway.status',
  'gateway.issue',
  'operation.progress',
  'environment.changed',
  'migration.changed',
] as const;

/**
 * `data:` of one server-sent event: identity and status, never documents or keys; ask for the rest. The stream's `event:` is the
 * type, its `id:` is `<epoch>-<number>`. A stream that cannot go on from `Last-Event-ID` begins with `event: resync`: read everything anew.
 */
export const changeEvent = z.object({
  type: z.enum(EVENT_TYPES),
  at: z.iso.datetime(),
  subject: z.object({
    id: z.string().describe('uuid; of a node <gatewayId>/<nodeId>'),
    name: z.string().describe('handle, name of a key or plan, application of a subscription, node id'),
  }),
  data: z.record(z.string(), z.unknown()),
});

export const eventQuery = z.object({
  lastEventId: z.string().max(64).optional().describe('For clients that cannot set the Last-Event-ID header, which wins'),
});

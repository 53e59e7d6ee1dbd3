import { z } from 'zod';

export type GatewayState = z.infer<typeof gatewayState>;
export type NodeState = z.infer<typeof nodeState>;
export type GatewayStatus = z.infer<typeof gatewayStatus>;
export type GatewayIssue = z.infer<typeof gatewayIssue>;

const time = z.iso.datetime();

/** The seed's eleven statuses: four of them read "Offline", two "Restarting". */
export const gatewayState = z.enum([
  'STARTING',
  'ONLINE',
  'STOPPING',
  'RESTARTING',
  'RESTARTING_UNRESPONSIVE',
  'OFFLINE',
  'OFFLINE_UNCLEAN',
  'START_FAILED',
  'LOST_CONTACT',
  'CLUSTER_ISSUES',
  'DELETED',
]);

export const nodeState = z.enum([
  'ONLINE',
  'STARTING',
  'STOPPING',
  'RESTARTING',
  'RESTART_TIMED_OUT',
  'RESTART_FAILED',
  'OFFLINE',
  'START_FAILED',
  'UNCLEAN',
  'LOST_CONTACT',
  'DELETING',
]);

/** What the table shows, word for word. */
export const GATEWAY_STATE_LABELS: Readonly<Record<GatewayState, string>> = {
  STARTING: 'Starting',
  ONLINE: 'Online',
  STOPPING: 'Stopping',
  RESTARTING: 'Restarting',
  RESTARTING_UNRESPONSIVE: 'Restarting',
  OFFLINE: 'Offline',
  OFFLINE_UNCLEAN: 'Offline',
  START_FAILED: 'Offline',
  LOST_CONTACT: 'Offline',
  CLUSTER_ISSUES: 'Cluster Issues',
  DELETED: 'Deleted',
};

export const NODE_STATE_LABELS: Readonly<Record<NodeState, string>> = {
  ONLINE: 'Online',
  STARTING: 'Starting node',
  STOPPING: 'Stopping node',
  RESTARTING: 'Restarting node',
  RESTART_TIMED_OUT: 'Node restart timed out',
  RESTART_FAILED: 'Unsuccessful restart',
  OFFLINE: 'Offline',
  START_FAILED: 'Unsuccessful start',
  UNCLEAN: 'Unsuccessful shut down',
  LOST_CONTACT: 'Connection error',
  DELETING: 'Deleting',
};

/** Sorting by status: what needs attention first (reference/gateways-console.md A1). */
export const ATTENTION_ORDER: readonly GatewayState[] = [
  'LOST_CONTACT',
  'RESTARTING_UNRESPONSIVE',
  'START_FAILED',
  'OFFLINE_UNCLEAN',
  'CLUSTER_ISSUES',
  'OFFLINE',
  'STOPPING',
  'RESTARTING',
  'STARTING',
  'ONLINE',
  'DELETED',
];

export const gatewayStatus = z.object({
  state: gatewayState,
  label: z.string(),
  reason: z.string(),
  since: time,
  nodes: z.object({ total: z.int(), online: z.int(), expectedMin: z.int() }),
  operation: z
    .object({
      id: z.uuid(),
      kind: z.string(),
      startedAt: time,
      limitSeconds: z.int().describe('Of one node, from the moment it was told'),
      done: z.int(),
      total: z.int(),
    })
    .nullable(),
  issues: z.object({ error: z.int(), warning: z.int(), worst: z.enum(['ERROR', 'WARNING']).nullable() }),
});

/** What is wrong right now; an issue goes when its cause goes. */
export const gatewayIssue = z.looseObject({
  code: z.string(),
  severity: z.enum(['ERROR', 'WARNING']),
  title: z.string(),
  detail: z.string(),
  nodes: z.array(z.string()).describe('Ids of the nodes it is about'),
  since: time.nullable(),
  hint: z.string().nullable(),
  deploymentId: z.string().optional(),
  apiHandle: z.string().optional(),
  diagnostics: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
});

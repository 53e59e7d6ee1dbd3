import {
  GATEWAY_STATE_LABELS,
  type GatewayIssue,
  type GatewayItem,
  type GatewayNode,
  type GatewayStatus,
  NODE_STATE_LABELS,
  type NodeState,
} from '@tidegate/management-api';

import type { StoredConflict, StoredIssue } from '../discovery/gateway-snapshot.ts';
import { DELETIONS_NEED_CONFIRMATION } from '../discovery/node-stream.ts';
import { clusterIssues, compileIssues, type FailedUpdate, noticeIssues, pathConflicts, statusIssue } from './gateway-issues.ts';
import type { EnvironmentName, GatewayRow, NodeRow, OperationRow } from './gateways.queries.ts';
import type { FleetClock } from './node-status.ts';
import { type DerivedStatus, gatewayStatus, restartLimit } from './status.ts';

/** In an answer; all of them are in the log */
const ISSUES_MAX = 100;

/** All that is stored about one gateway. */
export interface StoredFleet {
  readonly gateway: GatewayRow;
  readonly nodes: readonly NodeRow[];
  readonly operation: OperationRow | null;
  readonly failedUpdate: FailedUpdate | null;
  readonly environments: readonly EnvironmentName[];
  readonly compileIssues: readonly StoredIssue[];
  readonly conflicts: readonly StoredConflict[];
}

/** What a gateway should serve, how it is, what each of its nodes said last, and what is wrong. */
export function gatewayAnswer(stored: StoredFleet, clock: FleetClock): GatewayItem {
  const { gateway, nodes, environments } = stored;
  const { status, issues } = judgeFleet(stored, clock);
  const { committedAt: _, ...row } = gateway;
  return {
    ...row,
    createdAt: gateway.createdAt.toISOString(),
    deletedAt: gateway.deletedAt?.toISOString() ?? null,
    hostName: hostNameOf(gateway, nodes, status),
    gatewayUrl: gateway.publicUrl ?? gateway.bindAddress,
    status: statusAnswer(stored, status, issues),
    environments: environments.map(({ id, name }) => ({ id, name })),
    deletionsHeldBy: nodes.filter(({ nacked }) => nacked?.code === DELETIONS_NEED_CONFIRMATION).map(({ id }) => id),
    nodes: nodes.map((node) => nodeAnswer(node, status)),
    issueCount: issues.length,
    issues: issues.slice(0, ISSUES_MAX),
  };
}

/** Status and issues together: a problem of the cluster makes an online gateway one with Cluster Issues. */
function judgeFleet(
  { gateway, nodes, operation, failedUpdate, compileIssues: stored, conflicts }: StoredFleet,
  clock: FleetClock,
) {
  const { expectedMinNodes, forceRestartMinutes } = gateway;
  const facts = {
    createdMs: gateway.createdAt.getTime(),
    deletedMs: gateway.deletedAt?.getTime() ?? null,
    expectedMinNodes,
    forceRestartMinutes,
    operation: operation === null ? null : { startedMs: operation.startedAt.getTime() },
    nodes,
  };
  const wanted = { epoch: gateway.epoch, version: gateway.version, committedMs: gateway.committedAt?.getTime() ?? null };
  const cluster = clusterIssues(gatewayStatus(facts, clock), nodes, wanted, {
    expectedMinNodes,
    publicUrl: gateway.publicUrl,
    clock,
  });
  const status = gatewayStatus(facts, clock, cluster.length > 0);
  const issues =
    status.state === 'DELETED'
      ? []
      : [
          ...statusIssue(status),
          ...cluster,
          ...noticeIssues(status, nodes, failedUpdate),
          ...compileIssues(stored),
          ...pathConflicts(conflicts),
        ];
  return { status, issues };
}

function statusAnswer(
  { gateway, operation }: StoredFleet,
  status: DerivedStatus,
  issues: readonly GatewayIssue[],
): GatewayStatus {
  const { state, reason, sinceMs, nodes, online } = status;
  const count = (severity: GatewayIssue['severity']) => issues.filter((issue) => issue.severity === severity).length;
  const [error, warning] = [count('ERROR'), count('WARNING')];
  return {
    state,
    label: GATEWAY_STATE_LABELS[state],
    reason,
    since: new Date(sinceMs).toISOString(),
    nodes: { total: nodes.filter(({ replaced }) => !replaced).length, online, expectedMin: gateway.expectedMinNodes },
    operation:
      operation === null
        ? null
        : {
            id: operation.id,
            kind: operation.kind,
            startedAt: operation.startedAt.toISOString(),
            limitSeconds: restartLimit(gateway) / 1000,
            done: operation.done,
            total: operation.total,
          },
    issues: { error, warning, worst: error > 0 ? 'ERROR' : warning > 0 ? 'WARNING' : null },
  };
}

/** As set, else of the node that has been ready for longest; "+n" for the others (reference/gateways-console.md A12). */
function hostNameOf({ hostName }: GatewayRow, nodes: readonly NodeRow[], status: DerivedStatus): string | null {
  if (hostName !== null) return hostName;
  const online = new Set(status.nodes.filter(({ state }) => state === 'ONLINE').map(({ facts }) => facts.id));
  const named = nodes.filter((node) => node.hostName !== null && node.hostName !== '');
  const [first, ...others] = (online.size === 0 ? named : named.filter(({ id }) => online.has(id))).sort(
    (a, b) => (a.readyMs ?? Infinity) - (b.readyMs ?? Infinity),
  );
  if (first === undefined) return null;
  return others.length === 0 ? first.hostName : `${first.hostName} +${others.length}`;
}

function nodeAnswer(node: NodeRow, { nodes }: DerivedStatus): GatewayNode {
  const { id, phase, live, hostName, startupProperties, runtimeVersion, ackedEpoch, ackedVersion, rejected, nacked } = node;
  const derived = nodes.find(({ facts }) => facts.id === id);
  const state: NodeState = derived?.state ?? 'OFFLINE';
  return {
    id,
    state,
    label: NODE_STATE_LABELS[state],
    replaced: derived?.replaced ?? false,
    hostName: hostName === '' ? null : hostName,
    bootedAt: isoOrNull(node.bootSeenMs),
    readyAt: isoOrNull(node.readyMs),
    startupProperties,
    phase,
    live,
    leaseUntil: isoOrNull(node.leaseUntilMs),
    lastSeen: isoOrNull(node.lastSeenMs),
    ackedEpoch,
    ackedVersion,
    ackedAt: isoOrNull(node.ackedAtMs),
    runtimeVersion,
    rejected: [...rejected],
    nack: nacked === null ? null : { ...nacked, at: new Date(nacked.at).toISOString() },
  };
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

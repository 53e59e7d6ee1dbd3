import type { GatewayItem, GatewayNode } from '@tidegate/management-api';

import type { StoredIssue } from '../discovery/gateway-snapshot.ts';
import { DELETIONS_NEED_CONFIRMATION } from '../discovery/node-stream.ts';
import type { GatewayRow, NodeRow } from './gateways.queries.ts';

/** In an answer; all of them are in the log */
const ISSUES_MAX = 100;

/** What a gateway should serve, what each of its nodes said last, and what this release cannot serve. */
export function gatewayAnswer(gateway: GatewayRow, nodes: readonly NodeRow[], issues: readonly StoredIssue[]): GatewayItem {
  return {
    ...gateway,
    deletionsHeldBy: nodes.filter(({ nack }) => nack?.code === DELETIONS_NEED_CONFIRMATION).map(({ id }) => id),
    nodes: nodes.map(nodeAnswer),
    issueCount: issues.length,
    issues: issues.slice(0, ISSUES_MAX).map((issue) => ({ ...issue, diagnostics: [...issue.diagnostics] })),
  };
}

function nodeAnswer(node: NodeRow): GatewayNode {
  const { id, phase, live, runtimeVersion, rejected, nack } = node;
  return {
    id,
    phase,
    live,
    leaseUntil: node.leaseUntil?.toISOString() ?? null,
    lastSeen: node.lastSeen?.toISOString() ?? null,
    ackedEpoch: Number(node.ackedEpoch),
    ackedVersion: Number(node.ackedVersion),
    ackedAt: node.ackedAt?.toISOString() ?? null,
    runtimeVersion,
    rejected: [...rejected],
    nack: nack === null ? null : { ...nack, at: new Date(nack.at).toISOString() },
  };
}

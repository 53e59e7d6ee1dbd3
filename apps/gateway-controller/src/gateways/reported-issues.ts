import type { GatewayIssue } from '@tidegate/management-api';

import { issue } from './issue.ts';
import { certificateCovers } from './certificate-names.ts';

/** What a node reports of itself, and what is noticed about it. */
export interface ReportedNode {
  readonly id: string;
  readonly issues: readonly { readonly code: string; readonly isError: boolean; readonly detail: string }[];
  /** Its clock against the controller's, ms; `null` = not said */
  readonly skewMs: number | null;
  /** When another process that says it is this node was refused last */
  readonly duplicateSeenMs: number | null;
  readonly startupProperties: Readonly<Record<string, string>>;
}

/** The other process tries again every few seconds. */
const DUPLICATE_MS = 60_000;
const SKEW_MS = 5_000;

const TITLES: Readonly<Record<string, readonly [string, string]>> = {
  CERT_EXPIRING: ['A certificate runs out', 'Put a new one in its place; routers read it again by themselves'],
  CERT_EXPIRED: ['A certificate has run out', 'Put a new one in its place; routers read it again by themselves'],
  LISTENER_FAILED: ['A listener has failed', 'Look into the log of the node'],
};

/** Issues that keep requests from being served as they should be. */
export function reportedIssues(nodes: readonly ReportedNode[], publicUrl: string | null, nowMs: number): GatewayIssue[] {
  return nodes.flatMap((node) => [
    ...node.issues.filter(({ isError }) => isError).map((one) => told(node, one)),
    ...duplicate(node, nowMs),
    ...uncovered(node, publicUrl),
  ]);
}

/** Issues that somebody should see to before they matter. */
export function reportedNotices(nodes: readonly ReportedNode[]): GatewayIssue[] {
  return nodes.flatMap((node) => [...node.issues.filter(({ isError }) => !isError).map((one) => told(node, one)), ...skew(node)]);
}

function told({ id }: ReportedNode, { code, isError, detail }: ReportedNode['issues'][number]): GatewayIssue {
  const [title, hint] = TITLES[code] ?? [code.toLowerCase().replaceAll('_', ' '), null];
  return issue(code, isError ? 'ERROR' : 'WARNING', `${title} (node ${id})`, { detail, nodes: [id], hint });
}

function duplicate({ id, duplicateSeenMs }: ReportedNode, nowMs: number): GatewayIssue[] {
  if (duplicateSeenMs === null || nowMs - duplicateSeenMs > DUPLICATE_MS) return [];
  const detail = `Another process that runs as node ${id} was refused; the one that started later goes on`;
  const hint = 'Give each router a node id and a state directory of its own';
  return [
    issue('DUPLICATE_NODE_ID', 'ERROR', `Two processes run as node ${id}`, {
      detail,
      nodes: [id],
      sinceMs: duplicateSeenMs,
      hint,
    }),
  ];
}

function skew({ id, skewMs }: ReportedNode): GatewayIssue[] {
  if (skewMs === null || Math.abs(skewMs) <= SKEW_MS) return [];
  const detail = `The clock of node ${id} is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'ahead' : 'behind'}`;
  return [
    issue('CLOCK_SKEW', 'WARNING', `The clock of node ${id} is wrong`, { detail, nodes: [id], hint: 'Synchronise it (NTP)' }),
  ];
}

/** A browser compares the public URL with the names in the certificate; where routers listen with TLS, so do we. */
function uncovered({ id, startupProperties }: ReportedNode, publicUrl: string | null): GatewayIssue[] {
  const names = startupProperties['gateway.tls_names'];
  if (names === undefined || publicUrl === null || !publicUrl.startsWith('https:')) return [];
  const { hostname } = new URL(publicUrl);
  if (certificateCovers(names, hostname)) return [];
  const detail = `${hostname} is not among the names of the listener's certificate: ${names}`;
  return [issue('CERT_CN_MISMATCH', 'ERROR', `The certificate of node ${id} is for another host`, { detail, nodes: [id] })];
}

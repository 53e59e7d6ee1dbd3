import { EntryKind } from '@tidegate/gateway-ir';
import type { GatewayIssue, GatewayState, NodeState } from '@tidegate/management-api';

import type { StoredConflict, StoredIssue } from '../discovery/gateway-snapshot.ts';
import { issue } from './issue.ts';
import type { FleetClock } from './node-status.ts';
import { type ReportedNode, reportedIssues, reportedNotices } from './reported-issues.ts';
import type { DerivedNode, DerivedStatus } from './status.ts';

/** What a node said last about its table and itself. */
export interface NodeReport {
  readonly id: string;
  readonly ackedEpoch: number;
  readonly ackedVersion: number;
  readonly runtimeVersion: string | null;
  readonly rejected: readonly { readonly id: string; readonly code: string; readonly message: string; readonly kind?: number }[];
  readonly nack: { readonly code: string; readonly message: string; readonly atMs: number } | null;
  /** Properties that its next start brings into effect */
  readonly settingsWaiting: readonly string[];
}

export interface Wanted {
  readonly epoch: number;
  readonly version: number;
  /** When that version was committed; `null` = nothing was ever changed */
  readonly committedMs: number | null;
}

interface ClusterBounds {
  readonly expectedMinNodes: number;
  readonly publicUrl: string | null;
  readonly clock: FleetClock;
}

/** A change may take this long to reach a node before that is an issue. */
const SKEW_MS = 60_000;

/**
 * What is wrong with the nodes and the tables of a gateway: a pure function of what is stored, so that an issue goes when its cause
 * goes. Severities and codes: reference/gateways-console.md §2.5. While an operation runs, nodes within their limit are no issue.
 */
export function clusterIssues(
  { nodes, online }: Pick<DerivedStatus, 'nodes' | 'online'>,
  reports: readonly (NodeReport & ReportedNode)[],
  wanted: Wanted,
  { expectedMinNodes, publicUrl, clock }: ClusterBounds,
): GatewayIssue[] {
  const counted = nodes.filter(({ replaced }) => !replaced);
  const serving = reports.filter(({ id }) => counted.some(({ facts, state }) => facts.id === id && state === 'ONLINE'));
  const nodeIssues = counted.flatMap(deadNode);
  return [
    ...nodeIssues,
    ...belowMinimum(online, expectedMinNodes, counted),
    ...versionSkew(serving, wanted, clock.nowMs),
    ...runtimeSkew(serving),
    ...serving.flatMap(refusals),
    ...reportedIssues(serving, publicUrl, clock.nowMs),
  ];
}

/** The status itself, where it is a reason to look: a red one is an error, a yellow one a warning. */
export function statusIssue({ state, sinceMs, nodes }: DerivedStatus): GatewayIssue[] {
  const told = STATUS_ISSUES[state];
  if (told === undefined) return [];
  const [severity, title, detail] = told;
  const about = nodes.filter(({ replaced }) => !replaced).map(({ facts }) => facts.id);
  return [issue(state, severity, title, { detail, nodes: about, sinceMs })];
}

/** What somebody should see to, though it keeps nobody from being served: it does not change the status. */
export function noticeIssues(
  { nodes }: Pick<DerivedStatus, 'nodes'>,
  reports: readonly (NodeReport & ReportedNode)[],
  failedUpdate: FailedUpdate | null,
): GatewayIssue[] {
  const online = new Set(nodes.filter(({ state }) => state === 'ONLINE').map(({ facts }) => facts.id));
  const serving = reports.filter(({ id }) => online.has(id));
  return [...restartRequired(serving), ...reportedNotices(serving), ...updateFailed(failedUpdate)];
}

/** The newest update or roll-back, if it has failed. */
export interface FailedUpdate {
  readonly version: string;
  readonly failure: string;
  readonly endedMs: number;
}

function updateFailed(failed: FailedUpdate | null): GatewayIssue[] {
  if (failed === null) return [];
  const { version, failure: detail, endedMs: sinceMs } = failed;
  const hint = 'Routers run what they ran before; apply the update again when its cause is mended';
  return [issue('UPDATE_FAILED', 'ERROR', `The update to ${version} failed`, { detail, sinceMs, hint })];
}

function restartRequired(reports: readonly NodeReport[]): GatewayIssue[] {
  const waiting = reports.filter(({ settingsWaiting }) => settingsWaiting.length > 0);
  if (waiting.length === 0) return [];
  const names = [...new Set(waiting.flatMap(({ settingsWaiting }) => settingsWaiting))];
  return [
    issue('RESTART_REQUIRED', 'WARNING', 'Settings wait for a restart', {
      detail: `${names.join(', ')} of ${waiting.map(({ id }) => id).join(', ')}`,
      nodes: waiting.map(({ id }) => id),
      hint: 'Restart the gateway',
    }),
  ];
}

/** Stored APIs that this release cannot compile. */
export function compileIssues(stored: readonly StoredIssue[]): GatewayIssue[] {
  return stored.map(({ deploymentId, apiHandle, diagnostics }) => ({
    ...issue('API_NOT_COMPILED', 'ERROR', `API ${apiHandle} is not served`, {
      detail: diagnostics.map(({ path, message }) => `${path}: ${message}`).join('; '),
      hint: 'Correct the document and PUT it again',
    }),
    deploymentId,
    apiHandle,
    diagnostics: [...diagnostics],
  }));
}

/** No write leads there: a restored backup, or a release that reads a path in another way. */
export function pathConflicts(stored: readonly StoredConflict[]): GatewayIssue[] {
  return stored.map(({ claim, apiHandles }) => {
    const [owner, ...others] = apiHandles;
    const detail = `${claim} is claimed by ${apiHandles.join(', ')}; ${owner ?? ''} had it first`;
    const hint = `Change the context or the path of ${others.join(', ')}`;
    return issue('PATH_CONFLICT', 'ERROR', `APIs claim one route: ${apiHandles.join(', ')}`, { detail, hint });
  });
}

const STATUS_ISSUES: Partial<Record<GatewayState, readonly [GatewayIssue['severity'], string, string]>> = {
  LOST_CONTACT: ['ERROR', 'Contact lost', 'The gateway stopped communicating and may have terminated unexpectedly'],
  OFFLINE_UNCLEAN: ['WARNING', 'Not shut down cleanly', 'The gateway is not running, but it did not shut down cleanly'],
  START_FAILED: ['WARNING', 'Not started', 'The gateway was attempting to start, but it has not started'],
  RESTARTING_UNRESPONSIVE: [
    'ERROR',
    'Restart takes too long',
    'A node has not answered within its limit since it was told to restart',
  ],
};

const DEAD_NODES: Partial<Record<NodeState, readonly [string, GatewayIssue['severity'], string]>> = {
  LOST_CONTACT: ['NODE_LOST', 'ERROR', 'stopped communicating'],
  RESTART_FAILED: ['NODE_LOST', 'ERROR', 'stopped communicating while it restarted'],
  RESTART_TIMED_OUT: ['NODE_RESTART_TIMED_OUT', 'WARNING', 'takes longer to restart than its limit'],
  UNCLEAN: ['NODE_UNCLEAN', 'WARNING', 'did not shut down cleanly'],
  START_FAILED: ['NODE_START_FAILED', 'WARNING', 'was attempting to start, but has not started'],
};

function deadNode({ facts, state }: DerivedNode): GatewayIssue[] {
  const told = DEAD_NODES[state];
  if (told === undefined) return [];
  const [code, severity, what] = told;
  const detail = facts.exitEvidence === null ? `Node ${facts.id} ${what}` : `Node ${facts.id} ${what}: ${facts.exitEvidence}`;
  return [issue(code, severity, `Node ${facts.id} ${what}`, { detail, nodes: [facts.id], sinceMs: facts.lastSeenMs })];
}

/** Where nobody serves at all, the status says so. */
function belowMinimum(online: number, expected: number, nodes: readonly DerivedNode[]): GatewayIssue[] {
  if (online === 0 || online >= expected || nodes.some(({ state }) => state === 'RESTARTING')) return [];
  const detail = `${online} of at least ${expected} nodes serve`;
  return [issue('BELOW_MINIMUM_NODES', 'ERROR', 'Fewer nodes than expected', { detail, hint: 'Start nodes, or expect fewer' })];
}

function versionSkew(serving: readonly NodeReport[], { epoch, version, committedMs }: Wanted, nowMs: number): GatewayIssue[] {
  if (committedMs === null || nowMs - committedMs <= SKEW_MS) return [];
  const behind = serving.filter(({ ackedEpoch, ackedVersion }) => ackedEpoch < epoch || ackedVersion < version);
  if (behind.length === 0) return [];
  const detail = behind.map(({ id, ackedVersion }) => `node ${id} serves version ${ackedVersion} of ${version}`).join('; ');
  const nodes = behind.map(({ id }) => id);
  return [issue('CONFIG_VERSION_SKEW', 'WARNING', 'Nodes serve an older configuration', { detail, nodes, sinceMs: committedMs })];
}

function runtimeSkew(serving: readonly NodeReport[]): GatewayIssue[] {
  const versions = new Set(serving.map(({ runtimeVersion }) => runtimeVersion));
  if (versions.size < 2) return [];
  const detail = serving.map(({ id, runtimeVersion }) => `node ${id} runs ${runtimeVersion ?? 'an unknown version'}`).join('; ');
  return [
    issue('RUNTIME_VERSION_SKEW', 'WARNING', 'Nodes run different versions', { detail, nodes: serving.map(({ id }) => id) }),
  ];
}

function refusals({ id, rejected, nack }: NodeReport): GatewayIssue[] {
  const refused =
    nack === null
      ? []
      : [
          issue('CONFIG_REJECTED', 'ERROR', `Node ${id} refused its configuration`, {
            detail: `${nack.code}: ${nack.message}`,
            nodes: [id],
            sinceMs: nack.atMs,
            hint: 'The node serves what it served before',
          }),
        ];
  const parts = rejected
    .filter(({ kind }) => kind === undefined || kind === EntryKind.ROUTES)
    .map(({ id: deploymentId, code, message }) => ({
      ...issue('API_REJECTED', 'ERROR', `Node ${id} could not build an API`, { detail: `${code}: ${message}`, nodes: [id] }),
      deploymentId,
    }));
  return [...refused, ...parts];
}

import type { GatewayState, NodeState } from '@tidegate/management-api';

import { type FleetClock, nodeState, type NodeStatusFacts } from './node-status.ts';

/** What is stored of one gateway. Times in ms since the epoch, PostgreSQL's clock. */
export interface GatewayStatusFacts {
  readonly createdMs: number;
  readonly deletedMs: number | null;
  readonly expectedMinNodes: number;
  /** 0 = not set */
  readonly forceRestartMinutes: number;
  /** The operation that is open; `commandedMs` of the nodes is about it */
  readonly operation: { readonly startedMs: number } | null;
  readonly nodes: readonly NodeStatusFacts[];
}

export interface DerivedNode {
  readonly facts: NodeStatusFacts;
  readonly state: NodeState;
  /** Dead, and a newer node stands in its place: counts for nothing any more */
  readonly replaced: boolean;
}

export interface DerivedStatus {
  readonly state: GatewayState;
  readonly reason: StatusReason;
  readonly sinceMs: number;
  readonly nodes: readonly DerivedNode[];
  readonly online: number;
}

type StatusReason =
  | 'DELETED'
  | 'NODE_RESTART_TIMED_OUT'
  | 'NO_NODE_ANSWERED'
  | 'OPERATION_OPEN'
  | 'CLUSTER_PROBLEM'
  | 'NODES_ONLINE'
  | 'NEVER_CONNECTED'
  | 'NODES_STARTING'
  | 'NODES_STOPPING'
  | 'NODES_SILENT'
  | 'NODES_NOT_STARTED'
  | 'NODES_NOT_CLEAN'
  | 'NODES_STOPPED';

/** How long a node may take to restart: five minutes, or a minute over the Force Restart value where that is set. */
export function restartLimit({ forceRestartMinutes }: Pick<GatewayStatusFacts, 'forceRestartMinutes'>): number {
  return forceRestartMinutes >= 1 ? (forceRestartMinutes + 1) * 60_000 : 300_000;
}

/**
 * The status of a gateway: a pure function of stored facts and the database's time, never a flag that somebody keeps (rules of
 * reference/gateways-console.md §2.4, in their order). `clusterProblem`: something beside dead and missing nodes is wrong.
 */
export function gatewayStatus(gateway: GatewayStatusFacts, clock: FleetClock, clusterProblem = false): DerivedStatus {
  const limitMs = restartLimit(gateway);
  const derived = gateway.nodes.map((facts) => ({ facts, state: nodeState(facts, limitMs, clock) }));
  const replaced = gateway.operation === null ? replacedAmong(derived) : NONE;
  const nodes = derived.map((node) => ({ ...node, replaced: replaced.has(node.facts.id) }));
  const counted = nodes.filter((node) => !node.replaced);
  const online = counted.filter(({ state }) => state === 'ONLINE').length;
  return { nodes, online, ...judge(gateway, counted, clock, clusterProblem) };
}

type Judgement = Pick<DerivedStatus, 'state' | 'reason' | 'sinceMs'>;

function judge(
  gateway: GatewayStatusFacts,
  nodes: readonly DerivedNode[],
  clock: FleetClock,
  clusterProblem: boolean,
): Judgement {
  const some = (...states: NodeState[]) => nodes.some(({ state }) => states.includes(state));
  if (gateway.deletedMs !== null) return { state: 'DELETED', reason: 'DELETED', sinceMs: gateway.deletedMs };
  if (gateway.operation !== null) {
    const { startedMs } = gateway.operation;
    if (some('RESTART_TIMED_OUT', 'RESTART_FAILED')) {
      return { state: 'RESTARTING_UNRESPONSIVE', reason: 'NODE_RESTART_TIMED_OUT', sinceMs: startedMs };
    }
    const taken = nodes.some(({ facts }) => facts.commandedMs !== null);
    return !taken && clock.nowMs - startedMs > restartLimit(gateway)
      ? { state: 'RESTARTING_UNRESPONSIVE', reason: 'NO_NODE_ANSWERED', sinceMs: startedMs }
      : { state: 'RESTARTING', reason: 'OPERATION_OPEN', sinceMs: startedMs };
  }
  if (some('ONLINE')) {
    const sinceMs = earliest(nodes, 'ONLINE', ({ readyMs }) => readyMs) ?? clock.nowMs;
    return clusterProblem || hasDeadOrMissing(gateway, nodes)
      ? { state: 'CLUSTER_ISSUES', reason: 'CLUSTER_PROBLEM', sinceMs }
      : { state: 'ONLINE', reason: 'NODES_ONLINE', sinceMs };
  }
  return nobodyServes(gateway, nodes);
}

/** No operation, and nobody is online. */
function nobodyServes({ createdMs }: GatewayStatusFacts, nodes: readonly DerivedNode[]): Judgement {
  const of = (states: readonly NodeState[]) => nodes.filter(({ state }) => states.includes(state));
  const when = (found: readonly DerivedNode[], at: (facts: NodeStatusFacts) => number | null) =>
    Math.max(createdMs, ...found.map(({ facts }) => at(facts) ?? 0));
  if (nodes.length === 0) return { state: 'OFFLINE', reason: 'NEVER_CONNECTED', sinceMs: createdMs };
  const starting = of(['STARTING', 'RESTARTING']);
  if (starting.length > 0) {
    return { state: 'STARTING', reason: 'NODES_STARTING', sinceMs: when(starting, ({ bootSeenMs }) => bootSeenMs) };
  }
  const stopping = of(['STOPPING', 'DELETING']);
  if (stopping.length > 0) {
    return { state: 'STOPPING', reason: 'NODES_STOPPING', sinceMs: when(stopping, ({ stoppingMs }) => stoppingMs) };
  }
  const lastSeen = ({ lastSeenMs }: NodeStatusFacts) => lastSeenMs;
  const lost = of(['LOST_CONTACT', 'RESTART_FAILED']);
  if (lost.length > 0) return { state: 'LOST_CONTACT', reason: 'NODES_SILENT', sinceMs: when(lost, lastSeen) };
  const unstarted = of(['START_FAILED', 'RESTART_TIMED_OUT']);
  if (unstarted.length > 0)
    return { state: 'START_FAILED', reason: 'NODES_NOT_STARTED', sinceMs: when(unstarted, ({ bootSeenMs }) => bootSeenMs) };
  const unclean = of(['UNCLEAN']);
  if (unclean.length > 0) return { state: 'OFFLINE_UNCLEAN', reason: 'NODES_NOT_CLEAN', sinceMs: when(unclean, lastSeen) };
  return { state: 'OFFLINE', reason: 'NODES_STOPPED', sinceMs: when(nodes, ({ stoppedMs }) => stoppedMs) };
}

const DEAD: ReadonlySet<NodeState> = new Set([
  'LOST_CONTACT',
  'UNCLEAN',
  'START_FAILED',
  'RESTART_TIMED_OUT',
  'RESTART_FAILED',
] as const);
const NONE: ReadonlySet<string> = new Set();

export function isDead(state: NodeState): boolean {
  return DEAD.has(state);
}

function hasDeadOrMissing({ expectedMinNodes }: GatewayStatusFacts, nodes: readonly DerivedNode[]): boolean {
  return nodes.some(({ state }) => isDead(state)) || nodes.filter(({ state }) => state === 'ONLINE').length < expectedMinNodes;
}

/** Dead nodes in whose place a newer one serves: each online node stands for one dead one, booted after that was last heard. */
function replacedAmong(nodes: readonly Omit<DerivedNode, 'replaced'>[]): ReadonlySet<string> {
  const free = nodes
    .filter(({ state }) => state === 'ONLINE')
    .map(({ facts }) => facts.bootSeenMs ?? 0)
    .sort((a, b) => a - b);
  const replaced = new Set<string>();
  const dead = nodes.filter(({ state }) => isDead(state)).sort((a, b) => (a.facts.lastSeenMs ?? 0) - (b.facts.lastSeenMs ?? 0));
  for (const { facts } of dead) {
    const at = free.findIndex((bootSeenMs) => bootSeenMs > (facts.lastSeenMs ?? 0));
    if (at === -1) continue;
    free.splice(at, 1);
    replaced.add(facts.id);
  }
  return replaced;
}

function earliest(nodes: readonly DerivedNode[], state: NodeState, at: (facts: NodeStatusFacts) => number | null): number | null {
  const times = nodes.filter((node) => node.state === state).flatMap(({ facts }) => at(facts) ?? []);
  return times.length === 0 ? null : Math.min(...times);
}

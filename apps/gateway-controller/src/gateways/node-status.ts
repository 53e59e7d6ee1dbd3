import type { NodeState } from '@tidegate/management-api';

import type { NodePhase } from './nodes.ts';

/** What is stored of one node. Times in ms since the epoch, PostgreSQL's clock; `null` = never. */
export interface NodeStatusFacts {
  readonly id: string;
  readonly phase: NodePhase;
  readonly lastSeenMs: number | null;
  /** When this boot was first heard of */
  readonly bootSeenMs: number | null;
  readonly readyMs: number | null;
  readonly stoppingMs: number | null;
  readonly stoppedMs: number | null;
  /** STOPPED: requests that were cut off; 0 = a clean end */
  readonly cutRequests: number;
  readonly drainGraceMs: number;
  /** Boots since it was last ready, this one included */
  readonly boots: number;
  /** How somebody else knows that the process is gone; `null` = nobody says so */
  readonly exitEvidence: string | null;
  /** When the open operation told this node to restart; `null` = it did not (yet) */
  readonly commandedMs: number | null;
  readonly deleting: boolean;
}

/** The present moment, and the bounds that make facts old. All ms. */
export interface FleetClock {
  readonly nowMs: number;
  /** Since when controllers have been listening without a gap: while none listened, silence proves nothing */
  readonly servingSinceMs: number;
  /** Silence for longer, and a node is lost */
  readonly lostMs: number;
  /** From a boot to ready */
  readonly startMs: number;
}

/** Boots in a row that never became ready. */
const CRASH_LOOP_BOOTS = 3;
/** Beyond the grace a node gave itself for draining. */
const DRAIN_MARGIN_MS = 30_000;

/**
 * The status of one node: rules 1 to 8 of reference/gateways-console.md §2.4, in their order. `restartLimitMs` as `restartLimit`.
 */
export function nodeState(node: NodeStatusFacts, restartLimitMs: number, clock: FleetClock): NodeState {
  const silent = isSilent(node, clock);
  if (node.deleting) return 'DELETING';
  if (isRestarting(node)) {
    if (clock.nowMs - (node.commandedMs ?? 0) <= restartLimitMs) return 'RESTARTING';
    return silent ? 'RESTART_FAILED' : 'RESTART_TIMED_OUT';
  }
  if (node.phase === 'stopped') return node.cutRequests === 0 ? 'OFFLINE' : 'UNCLEAN';
  if (node.exitEvidence !== null) return node.phase === 'starting' ? 'START_FAILED' : 'UNCLEAN';
  switch (node.phase) {
    case 'start_failed':
      return 'START_FAILED';
    case 'starting':
      return node.boots >= CRASH_LOOP_BOOTS || since(node.bootSeenMs, clock) > clock.startMs || silent
        ? 'START_FAILED'
        : 'STARTING';
    case 'draining':
      return silent && since(node.stoppingMs, clock) > node.drainGraceMs + DRAIN_MARGIN_MS ? 'UNCLEAN' : 'STOPPING';
    case 'ready':
      return silent ? 'LOST_CONTACT' : 'ONLINE';
  }
}

/** Told to restart, and not ready again since. */
function isRestarting({ commandedMs, phase, readyMs }: NodeStatusFacts): boolean {
  return commandedMs !== null && !(phase === 'ready' && readyMs !== null && readyMs > commandedMs);
}

function isSilent({ lastSeenMs }: NodeStatusFacts, { nowMs, servingSinceMs, lostMs }: FleetClock): boolean {
  return nowMs - Math.max(lastSeenMs ?? 0, servingSinceMs) > lostMs;
}

/** How long ago; for ever when nobody knows. */
function since(atMs: number | null, { nowMs }: FleetClock): number {
  return atMs === null ? Number.POSITIVE_INFINITY : nowMs - atMs;
}

import type { SyncOverview } from '@tidegate/management-api';

import { type LinkConfig, targetObstacle } from '../apim-link/sync-info.ts';
import type { SyncFacts } from './overview.repository.ts';

/** What GET /sync answers. Pure: the state of the connection is the obstacle that every API would meet, in one word. */
export function syncOverview(
  { target, queue, drift, held, inbox, oldestPendingMs, lastHour }: SyncFacts,
  config: LinkConfig,
): SyncOverview {
  const obstacle = targetObstacle(target, config);
  const isHeard = target !== null && !target.silent && target.reason !== 'stopped';
  return {
    status: 'success',
    mode: target?.mode ?? 'unknown',
    connection: {
      state: stateOf(obstacle, target),
      configured: config.hostConfigured,
      connected: isHeard && target.connected,
      onprem: target?.mode === 'onprem',
      host: target?.host || null,
      reason: obstacle?.reason ?? target?.reason ?? null,
      message: obstacle?.message ?? target?.message ?? null,
      reportedBy: target?.reportedBy ?? null,
      reportedAt: target?.reportedAt.toISOString() ?? null,
    },
    breaker: breakerOf(obstacle, target),
    queue,
    drift,
    inbox,
    heldRemovals: { deployments: held.deployments, keys: held.keys, since: held.since?.toISOString() ?? null },
    lag: {
      oldestPendingMs: oldestPendingMs === null ? null : Math.max(0, oldestPendingMs),
      lastHour: { count: lastHour.synced, medianMs: lastHour.medianMs, p99Ms: lastHour.p99Ms, maxMs: lastHour.maxMs },
    },
    attempts: { lastHour: lastHour.attempts, failedLastHour: lastHour.failed },
  };
}

/** Open = nothing is sent; half-open = one probe is under way to find out whether it would be taken again. */
function breakerOf(obstacle: ReturnType<typeof targetObstacle>, target: SyncFacts['target']): SyncOverview['breaker'] {
  const isOpen = obstacle !== null && (obstacle.phase === 'blocked' || obstacle.reason === 'unreachable');
  if (!isOpen) return { state: 'closed', reason: null, since: null };
  const state = obstacle.phase === 'blocked' && target?.probing === true ? 'half_open' : 'open';
  return { state, reason: obstacle.reason, since: target?.blockedSince?.toISOString() ?? null };
}

type State = SyncOverview['connection']['state'];

function stateOf(obstacle: ReturnType<typeof targetObstacle>, target: SyncFacts['target']): State {
  // Nothing goes up to a cloud control plane, but what it sends comes down.
  if (obstacle?.reason === 'cloud_not_supported') return target?.connected === true ? 'connected' : 'disconnected';
  if (obstacle === null) return target?.connected === true ? 'connected' : 'disconnected';
  if (obstacle.phase === 'blocked') return 'blocked';
  return STATES[obstacle.reason ?? ''] ?? 'undiscovered';
}

/** A cloud control plane takes nothing from here: as good as switched off. */
const STATES: Readonly<Record<string, State>> = {
  not_configured: 'not_configured',
  sync_disabled: 'disabled',
  cloud_not_supported: 'disabled',
  no_worker: 'no_worker',
  unreachable: 'unreachable',
};

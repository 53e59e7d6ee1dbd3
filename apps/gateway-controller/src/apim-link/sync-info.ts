import type { LinkPhase } from './transition.ts';

/** What a RestApi answer says about APIM (decision 22). Always an object, for every API that is ours to push. */
export interface CpSyncInfo {
  readonly phase: LinkPhase;
  /** Stable, for machines; null when there is nothing to explain */
  readonly reason: string | null;
  readonly message: string | null;
  readonly attempts: number;
  /** ISO 8601; null = no try is planned */
  readonly nextAttemptAt: string | null;
  /** What APIM has, as far as known: its API id, revision and the latest of our generations it reflects */
  readonly id: string | null;
  readonly revision: string | null;
  readonly generation: number | null;
  readonly losses: readonly { readonly path: string; readonly message: string }[];
}

export interface SyncStatus {
  readonly cpSyncStatus: 'pending' | 'success' | 'failed';
  readonly cpSyncInfo: CpSyncInfo;
}

export interface LinkFacts {
  readonly phase: LinkPhase;
  /** A worker holds it right now */
  readonly leased: boolean;
  /** The lease is only a look at what passes for synced */
  readonly looking: boolean;
  /** By an operator */
  readonly paused: boolean;
  readonly reason: string | null;
  readonly message: string | null;
  readonly attempts: number;
  readonly nextAttemptAt: Date;
  readonly remoteId: string | null;
  readonly remoteRevision: string | null;
  /** The latest of ours that APIM is known to have, content or state; 0 = none */
  readonly knownGeneration: number;
  readonly losses: readonly { readonly path: string; readonly message: string }[];
}

/** What the connector last said; null = none ever has. */
export interface TargetFacts {
  readonly configured: boolean;
  readonly mode: 'unknown' | 'onprem' | 'cloud';
  readonly connected: boolean;
  readonly blocked: boolean;
  readonly reason: string | null;
  readonly message: string | null;
  /** The connector reports every few seconds; this one has fallen silent */
  readonly silent: boolean;
}

export interface LinkConfig {
  readonly hostConfigured: boolean;
  readonly syncEnabled: boolean;
}

/**
 * Status is derived, never stored: a pending API's reason is what stands between it and APIM *now*. Outcomes that are final for
 * this generation (success, failed) speak for themselves, whatever the target is doing.
 */
export function syncStatus(link: LinkFacts, target: TargetFacts | null, config: LinkConfig): SyncStatus {
  switch (link.phase) {
    case 'synced':
      return { cpSyncStatus: 'success', cpSyncInfo: info(link, 'synced', { reason: null, message: null }, null) };
    case 'parked':
      return { cpSyncStatus: 'failed', cpSyncInfo: info(link, 'parked', link, null) };
    case 'failed':
      return { cpSyncStatus: 'failed', cpSyncInfo: info(link, 'failed', link, link.nextAttemptAt) };
    case 'syncing':
      if (link.looking)
        return { cpSyncStatus: 'success', cpSyncInfo: info(link, 'synced', { reason: null, message: null }, null) };
      if (link.leased)
        return { cpSyncStatus: 'pending', cpSyncInfo: info(link, 'syncing', { reason: null, message: null }, null) };
      break;
    case 'waiting':
    case 'blocked':
      break;
  }
  if (link.paused) return { cpSyncStatus: 'pending', cpSyncInfo: info(link, 'waiting', PAUSED, null) };
  const obstacle = targetObstacle(target, config);
  if (obstacle !== null) return { cpSyncStatus: 'pending', cpSyncInfo: info(link, obstacle.phase, obstacle, null) };
  if (link.phase === 'syncing') {
    const lost = {
      reason: 'worker_lost',
      message: 'The worker that pushed it fell silent; another one looks into APIM and goes on',
    };
    return { cpSyncStatus: 'pending', cpSyncInfo: info(link, 'waiting', lost, link.nextAttemptAt) };
  }
  const why = link.reason === null ? { reason: 'queued', message: 'Waits for its turn' } : link;
  return { cpSyncStatus: 'pending', cpSyncInfo: info(link, link.phase, why, link.nextAttemptAt) };
}

const PAUSED: Why = { reason: 'paused', message: 'Paused by an operator: POST /rest-apis/{id}/sync/resume' };

interface Why {
  readonly reason: string | null;
  readonly message: string | null;
}

/** What keeps every API of this installation from APIM, most fundamental first; null = nothing does. */
export function targetObstacle(target: TargetFacts | null, config: LinkConfig): (Why & { phase: LinkPhase }) | null {
  const because = (reason: string, message: string, phase: LinkPhase = 'waiting') => ({ phase, reason, message });
  if (!config.hostConfigured) return because('not_configured', 'controller.controlplane.host is not set');
  if (!config.syncEnabled) return because('sync_disabled', 'controller.controlplane.deployment_sync_enabled is false');
  if (target === null) return because('no_worker', 'apim-sync has not reported yet');
  if (target.reason === 'stopped') return because('no_worker', 'apim-sync has stopped');
  if (target.silent) return because('no_worker', 'apim-sync has fallen silent');
  if (!target.configured) return because('not_configured', 'apim-sync has no controller.controlplane.host');
  if (target.mode === 'cloud') return because('cloud_not_supported', 'A cloud control plane takes no APIs from the gateway');
  if (target.blocked) {
    return because(
      target.reason ?? 'blocked',
      target.message ?? 'The control plane refuses our credentials or configuration',
      'blocked',
    );
  }
  if (target.mode === 'unknown') {
    return because('undiscovered', target.message ?? 'The control plane has not yet said that it is on-prem');
  }
  if (target.reason === 'unreachable') return because('unreachable', target.message ?? 'The control plane does not answer');
  return null;
}

function info(link: LinkFacts, phase: LinkPhase, { reason, message }: Why, nextAttemptAt: Date | null): CpSyncInfo {
  return {
    phase,
    reason,
    message,
    attempts: link.attempts,
    nextAttemptAt: nextAttemptAt?.toISOString() ?? null,
    id: link.remoteId,
    revision: link.remoteRevision,
    generation: link.knownGeneration === 0 ? null : link.knownGeneration,
    losses: link.losses,
  };
}

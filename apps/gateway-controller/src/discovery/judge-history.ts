import { sameBytes, type TableState } from './plan-push.ts';

/** Which server the numbering was written on. Another timeline is a fail-over or a restore; another identifier a restore. */
export interface ServerIdentity {
  readonly systemIdentifier: string;
  readonly timeline: number;
}

export type RewindEvidence = 'epoch-ahead' | 'version-ahead' | 'other-hash' | 'revoked-key-active';

/**
 * Whether what a node holds proves that the database lost transactions (a restored backup), and how. `ours` must be caught up.
 * A node of an older epoch proves nothing about this one, unless a key that it saw removed is active again.
 */
export function judgeHello(held: TableState, ours: TableState, revokedActive: number): RewindEvidence | null {
  if (revokedActive > 0) return 'revoked-key-active';
  if (held.version === 0) return null;
  if (held.epoch > ours.epoch) return 'epoch-ahead';
  if (held.epoch < ours.epoch) return null;
  if (held.version > ours.version) return 'version-ahead';
  const comparable = held.version === ours.version && held.build === ours.build;
  return comparable && !sameBytes(held.hash, ours.hash) ? 'other-hash' : null;
}

/** A change of server alone keeps the epoch: after a clean fail-over nothing is behind, and nodes would tell. */
export function sameServer(stored: ServerIdentity, server: ServerIdentity): boolean {
  return stored.systemIdentifier === server.systemIdentifier && stored.timeline === server.timeline;
}

/** No backup is older than this many transactions: whoever claims more is broken, or means to use our numbers up. */
const LOST_MAX = 2 ** 32;

/** Whether a node's numbers could be ones that this installation has given and forgotten. */
export function isCredible(held: TableState, ours: TableState): boolean {
  return held.epoch - ours.epoch <= LOST_MAX && held.version - ours.version <= LOST_MAX;
}

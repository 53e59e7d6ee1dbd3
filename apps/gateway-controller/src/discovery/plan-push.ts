/** One numbering's state: what a node holds, or what the controller has. Hashes are table hashes, 32 bytes. */
export interface TableState {
  readonly epoch: number;
  /** 0 = nothing yet, which is not the same as an empty table */
  readonly version: number;
  readonly hash: Uint8Array;
  readonly build: string;
}

export interface WantedState extends TableState {
  /** Tombstones at and below this version may be gone: deltas start here or above */
  readonly floor: number;
  /** Somebody has looked at what this epoch deletes (discovery.proto, rule 10) */
  readonly deletionsConfirmed: boolean;
}

export type PushPlan =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'full' }
  | { readonly kind: 'delta'; readonly fromVersion: number };

/**
 * What to send so that a node holding `held` serves `wanted` (discovery.proto, rules 2, 3 and 7). A listing is asked for whenever
 * a delta could be wrong; a delta that is wrong after all fails the node's hash check and comes back as Resync.
 */
export function planPush(held: TableState, wanted: WantedState): PushPlan {
  if (held.version === 0 || held.epoch !== wanted.epoch || held.build !== wanted.build) return FULL;
  if (held.version === wanted.version) return sameBytes(held.hash, wanted.hash) ? NOTHING : FULL;
  // Ahead of us within one epoch: this replica lags, and looks again when it has caught up.
  if (held.version > wanted.version) return NOTHING;
  return held.version >= wanted.floor ? { kind: 'delta', fromVersion: held.version } : FULL;
}

const NOTHING: PushPlan = { kind: 'nothing' };
const FULL: PushPlan = { kind: 'full' };

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

export interface KeeperFacts {
  readonly nowMs: number;
  /** What the nodes shall run; `null` = each what its image has */
  readonly wanted: string | null;
  readonly previous: string | null;
  /** What connected nodes run */
  readonly liveVersions: readonly string[];
  readonly pending: string | null;
  /** The window of the pending release is over */
  readonly isDue: boolean;
  /** When the schedule takes the pending release */
  readonly slotMs: number | null;
  /** Releases for which the schedule has fired */
  readonly hasRun: ReadonlySet<string>;
  readonly failedUpdate: boolean;
  readonly recentlyFailed: boolean;
}

export interface KeeperDuty {
  readonly version: string;
  readonly kind: 'update' | 'rollback';
  readonly why: 'failed' | 'mandatory' | 'schedule' | 'behind';
}

/** What nobody has to ask for; `null` = nothing. An update that failed on one node is taken back on all; then nothing for a while. Pure. */
export function keeperDuty(facts: KeeperFacts): KeeperDuty | null {
  const { wanted, previous, pending, failedUpdate, recentlyFailed, liveVersions } = facts;
  if (failedUpdate && previous !== null) return { version: previous, kind: 'rollback', why: 'failed' };
  if (recentlyFailed) return null;
  if (pending !== null && facts.isDue) return { version: pending, kind: 'update', why: 'mandatory' };
  const { slotMs } = facts;
  if (pending !== null && slotMs !== null && slotMs <= facts.nowMs && !facts.hasRun.has(pending))
    return { version: pending, kind: 'update', why: 'schedule' };
  if (wanted !== null && liveVersions.some((version) => version !== wanted))
    return { version: wanted, kind: 'update', why: 'behind' };
  return null;
}

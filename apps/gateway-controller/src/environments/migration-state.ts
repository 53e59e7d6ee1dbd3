/**
 * The life of an environment migration.
 *
 *   draft       People choose a destination, review, and come back; nothing that is served has changed.
 *   preparing   The destination's routers are told to serve the environment too; the source does as before. Leaves when every live
 *               router of the destination has applied it, built every deployment and asked every route, or fails when one refuses
 *               or time is up. A rehearsal ends here, whatever came of it: the destination lets go, and it is a draft again.
 *   overlap     The environment belongs to the destination; the source goes on serving it under its old URLs. Every change of its
 *               APIs and keys commits to both sides in one transaction.
 *   draining    The overlap is over, the source still serves: the last moment to go back. Leaves as soon as every live router of the
 *               source has nothing of the environment under way, at the latest when its time is over.
 *   completed   The source serves it no longer. A router finishes what it had begun under the table it began it with.
 *   failed      The destination could not serve it; it has let go of it, the source never stopped.
 *   rolled_back Somebody went back from overlap or draining; the source never stopped.
 *   cancelled   Somebody gave up while preparing.
 *
 * Onto a gateway there is no source, and off a gateway no destination: the same states, with nothing to do on that side. Every
 * transition is one transaction that starts by looking at the state again, so a controller that dies at any moment leaves a state
 * from which another goes on.
 */
export type MigrationState = (typeof STATES)[number];
export const STATES = ['draft', 'preparing', 'overlap', 'draining', 'completed', 'failed', 'rolled_back', 'cancelled'] as const;

export type MigrationEvent = (typeof EVENTS)[number];
export const EVENTS = [
  /** Somebody pressed Migrate */
  'start',
  /** Every live router of the destination serves it, and has asked every route */
  'prepared',
  /** The same, and that was all that was wanted */
  'rehearsed',
  /** One refused, or none answered in time */
  'refused',
  /** The time of the state is over, or somebody said that it is */
  'elapsed',
  'cancel',
  'rollback',
] as const;

/** What a transition does to where the environment is served, in the same transaction. */
export type MigrationAction =
  | 'serve-on-destination'
  | 'give-to-destination'
  | 'nothing'
  | 'leave-source'
  | 'leave-destination'
  | 'give-back-to-source';

export interface MigrationStep {
  readonly to: MigrationState;
  readonly action: MigrationAction;
}

/** Total: `null` = that event means nothing in that state. */
const STEPS: Readonly<Record<MigrationState, Readonly<Record<MigrationEvent, MigrationStep | null>>>> = {
  draft: {
    start: { to: 'preparing', action: 'serve-on-destination' },
    prepared: null,
    rehearsed: null,
    refused: null,
    elapsed: null,
    cancel: null,
    rollback: null,
  },
  preparing: {
    start: null,
    prepared: { to: 'overlap', action: 'give-to-destination' },
    rehearsed: { to: 'draft', action: 'leave-destination' },
    refused: { to: 'failed', action: 'leave-destination' },
    elapsed: null,
    cancel: { to: 'cancelled', action: 'leave-destination' },
    rollback: { to: 'cancelled', action: 'leave-destination' },
  },
  overlap: {
    start: null,
    prepared: null,
    rehearsed: null,
    refused: null,
    elapsed: { to: 'draining', action: 'nothing' },
    cancel: null,
    rollback: { to: 'rolled_back', action: 'give-back-to-source' },
  },
  draining: {
    start: null,
    prepared: null,
    rehearsed: null,
    refused: null,
    elapsed: { to: 'completed', action: 'leave-source' },
    cancel: null,
    rollback: { to: 'rolled_back', action: 'give-back-to-source' },
  },
  completed: { start: null, prepared: null, rehearsed: null, refused: null, elapsed: null, cancel: null, rollback: null },
  failed: { start: null, prepared: null, rehearsed: null, refused: null, elapsed: null, cancel: null, rollback: null },
  rolled_back: { start: null, prepared: null, rehearsed: null, refused: null, elapsed: null, cancel: null, rollback: null },
  cancelled: { start: null, prepared: null, rehearsed: null, refused: null, elapsed: null, cancel: null, rollback: null },
};

export function migrationStep(state: MigrationState, event: MigrationEvent): MigrationStep | null {
  return STEPS[state][event];
}

/** What the worker knows of a running migration. Times in ms, PostgreSQL's clock. */
export interface MigrationFacts {
  readonly state: MigrationState;
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly overlapMs: number;
  readonly drainMs: number;
  readonly prepareLimitMs: number;
  readonly rehearsing: boolean;
  /** What came of asking every route on the destination; `null` = not every router has answered */
  readonly probe: { readonly refusal: string | null } | null;
  /** False onto a gateway: nobody is left on old URLs, so nothing is waited for */
  readonly hasSource: boolean;
  readonly hasDestination: boolean;
  /** Live routers of the destination; `served` = applied what was prepared */
  readonly nodes: readonly { readonly id: string; readonly served: boolean; readonly refusal: string | null }[];
  /** Requests of the environment under way on the source, as its live routers have said since the state began; `null` = not all have */
  readonly inFlight: number | null;
}

export interface Observed {
  readonly event: MigrationEvent;
  /** Why, for `refused` */
  readonly reason: string | null;
}

/** What has happened to a running migration by itself; `null` = nothing yet. */
export function observe(facts: MigrationFacts): Observed | null {
  const ageMs = facts.nowMs - facts.sinceMs;
  const happened = (event: MigrationEvent, reason: string | null = null): Observed => ({ event, reason });
  switch (facts.state) {
    case 'preparing': {
      if (!facts.hasDestination) return happened('prepared');
      const isOver = (refusal: string | null): Observed =>
        facts.rehearsing
          ? happened('rehearsed', refusal)
          : refusal === null
            ? happened('prepared')
            : happened('refused', refusal);
      const refusing = facts.nodes.find(({ refusal }) => refusal !== null);
      if (refusing !== undefined) return isOver(`Node ${refusing.id}: ${refusing.refusal}`);
      const served = facts.nodes.length > 0 && facts.nodes.every((node) => node.served);
      if (served && facts.probe !== null) return isOver(facts.probe.refusal);
      if (ageMs <= facts.prepareLimitMs) return null;
      if (served) return isOver('The routes were not asked in time');
      const silent = facts.nodes.filter((node) => !node.served).map(({ id }) => id);
      return isOver(facts.nodes.length === 0 ? 'No live node at the destination' : `No answer in time from ${silent.join(', ')}`);
    }
    case 'overlap':
      return !facts.hasSource || ageMs >= facts.overlapMs ? happened('elapsed') : null;
    case 'draining':
      return !facts.hasSource || ageMs >= facts.drainMs || facts.inFlight === 0 ? happened('elapsed') : null;
    default:
      return null;
  }
}

import { compareVersions } from '@tidegate/gateway-ir';

export interface Release {
  readonly version: string;
  readonly availableFromMs: number;
  /** `null` = never */
  readonly mandatoryFromMs: number | null;
}

/** What a gateway runs and has run. Versions as MAJOR.MINOR.PATCH; `null` = nothing is known. */
export interface RuntimeState {
  /** What its nodes shall run, or do: the version of the image where nobody wanted another */
  readonly current: string | null;
  readonly previous: string | null;
  /** Somebody went back from it */
  readonly left: string | null;
}

export interface RuntimeOffer {
  /** Newest release that may be taken now */
  readonly pending: Release | null;
  /** What can be gone back to, until the current release becomes mandatory */
  readonly rollback: string | null;
  /** Of the pending release, else of the one that runs: from when it is there, and when the choice ends */
  readonly window: { readonly fromMs: number; readonly untilMs: number | null } | null;
  /** The pending release is taken without being asked for: its window is over */
  readonly isDue: boolean;
}

/** What may be done about a gateway's runtime at this moment. Pure. */
export function runtimeOffer(
  { current, previous, left }: RuntimeState,
  releases: readonly Release[],
  nowMs: number,
): RuntimeOffer {
  const newest = releases
    .filter(
      ({ version, availableFromMs }) => availableFromMs <= nowMs && current !== null && compareVersions(version, current) > 0,
    )
    .sort((a, b) => compareVersions(b.version, a.version))[0];
  const isDue = newest !== undefined && isMandatory(newest, nowMs);
  // One roll-back and it is out of sight until its window ends.
  const pending = newest === undefined || (newest.version === left && !isDue) ? null : newest;
  const running = releases.find(({ version }) => version === current);
  const shown = pending ?? running;
  return {
    pending,
    rollback: running !== undefined && previous !== null && !isMandatory(running, nowMs) ? previous : null,
    window: shown === undefined ? null : { fromMs: shown.availableFromMs, untilMs: shown.mandatoryFromMs },
    isDue,
  };
}

function isMandatory({ mandatoryFromMs }: Release, nowMs: number): boolean {
  return mandatoryFromMs !== null && mandatoryFromMs <= nowMs;
}

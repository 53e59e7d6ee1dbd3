/** What the management API acknowledged for one API, and what it says about APIM at the end. */
export interface WantedApi {
  readonly name: string;
  /** Uuids this name ever had: a deleted and created API is another one, under the same name in APIM */
  readonly ids: readonly string[];
  /** null = deleted, or never accepted */
  readonly last: { readonly id: string; readonly generation: number; readonly state: 'deployed' | 'undeployed' } | null;
  /** What the status says; null = nothing is left to say it about */
  readonly status: { readonly cpSyncStatus: string; readonly generation: number | null } | null;
}

/** What APIM holds under one name, revisions in the order in which they were made. */
export interface HeldApi {
  readonly name: string;
  readonly revisions: readonly {
    /** Our marks */
    readonly id: string;
    readonly generation: number;
    readonly deployed: boolean;
  }[];
  readonly revisionsMade: number;
}

export interface Violation {
  readonly kind: 'lost' | 'doubled' | 'reordered' | 'stale-success' | 'orphan' | 'foreign' | 'unsettled' | 'inconsistent';
  readonly name: string;
  readonly message: string;
}

/**
 * Compares what was promised with what APIM has, once everything has settled. Pure.
 *
 * - lost: wanted deployed, and APIM serves something older or nothing
 * - doubled: two APIs of one name, or more revisions than writes and exchanges of unknown outcome can explain
 * - reordered: the newest revision is not the newest generation: an old one landed on top and nobody looked
 * - stale-success: the status says success for a generation that APIM does not have
 * - orphan: undeployed or deleted here, live there
 * - unsettled: still no success, with the reason
 * - inconsistent: document, controller, routers and APIM do not hash to the same, by `GET /verify`
 * - foreign: under our name, with a mark that was never ours
 */
export function checkHistory(
  wanted: readonly WantedApi[],
  held: readonly HeldApi[],
  revisionsMax: (name: string) => number,
): Violation[] {
  const byName = Map.groupBy(held, ({ name }) => name);
  return wanted.flatMap((api) => checkApi(api, byName.get(api.name) ?? [], revisionsMax(api.name)));
}

function checkApi(api: WantedApi, copies: readonly HeldApi[], revisionsMax: number): Violation[] {
  const { name, last, status, ids } = api;
  const found: Violation[] = [];
  const add = (kind: Violation['kind'], message: string): void => void found.push({ kind, name, message });
  if (copies.length > 1) add('doubled', `${copies.length} APIs of this name`);
  const made = copies.reduce((sum, { revisionsMade }) => sum + revisionsMade, 0);
  if (made > revisionsMax) add('doubled', `${made} revisions were made, ${revisionsMax} can be explained`);
  const revisions = copies.flatMap((copy) => copy.revisions);
  const live = revisions.filter(({ deployed }) => deployed);
  if (revisions.some(({ id }) => !ids.includes(id))) add('foreign', 'A revision carries the mark of another API');
  if (last?.state !== 'deployed') {
    if (live.length > 0) add('orphan', `Live in APIM at generation ${live.map(({ generation }) => generation).join(', ')}`);
    return found;
  }
  const newest = revisions.at(-1);
  const isThere = live.some(({ id, generation }) => id === last.id && generation === last.generation);
  if (!isThere) add('lost', `Generation ${last.generation} is not live in APIM`);
  if (newest !== undefined && isThere && (newest.id !== last.id || newest.generation !== last.generation))
    add('reordered', `Generation ${newest.generation} was imported after ${last.generation}`);
  if (status?.cpSyncStatus === 'success' && !(isThere && status.generation === last.generation))
    add('stale-success', `The status says success at generation ${status.generation}`);
  return found;
}

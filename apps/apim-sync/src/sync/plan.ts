import type { PublishedApi } from '../apim/publisher.ts';

/** What should be in APIM, and what is known to be there. */
export interface Desired {
  readonly state: 'deployed' | 'undeployed' | 'deleted';
  readonly apiId: string;
  readonly generation: number;
  /** Of the archive's content; '' where there is none to push */
  readonly hash: string;
}

export interface Known {
  /** '' = never pushed */
  readonly remoteId: string;
  readonly remoteRevision: string;
  /** A revision is believed to be deployed */
  readonly remoteDeployed: boolean;
  /** An earlier exchange has an unknown outcome */
  readonly dirty: boolean;
  /** Taking over an API of the same name that is not ours was asked for */
  readonly adopt: boolean;
  /** Somebody changed it in APIM, and what we have is wanted there: our mark on it proves nothing */
  readonly force: boolean;
  /** Deleted APIs of this gateway and this name: what carries their mark is ours too */
  readonly formerIds: readonly string[];
  /** This generation's last attempt: what cannot be confirmed by now is taken as it is */
  readonly lastAttempt: boolean;
}

/** What a look into APIM found; null = nobody has looked yet. */
export interface Seen {
  /** The API of the desired name and version */
  readonly byName: SeenApi | null;
  /** The API we know by its id, where that is another one (renamed since the last push) */
  readonly byId: SeenApi | null;
}

export interface SeenApi extends Pick<PublishedApi, 'id' | 'name' | 'version' | 'marks'> {
  /** Revisions deployed to this gateway */
  readonly deployedRevisions: readonly string[];
}

export type ApimStep =
  | { readonly kind: 'look-up' }
  | { readonly kind: 'import'; readonly published: string | null }
  /** APIM has exactly this already: an earlier exchange took effect without our knowing */
  | { readonly kind: 'adopt'; readonly remoteId: string; readonly revision: string }
  | { readonly kind: 'undeploy'; readonly remoteId: string; readonly revision: string }
  | { readonly kind: 'refuse'; readonly class: 'retryable' | 'terminal'; readonly code: string; readonly message: string };

/**
 * The steps from what is known to what is wanted, in order; none = APIM is as it should be. Pure.
 * Nothing is sent blind: every import and undeploy is preceded by a look, and only what carries our mark, or has the id that APIM
 * gave us, is ever changed (decision 31). The one exchange without a look is none: undeploying what was never pushed.
 */
export function planApimSync(desired: Desired, known: Known, seen: Seen | null): readonly ApimStep[] {
  const neverPushed = known.remoteId === '' && !isUnsure(known);
  if (desired.state !== 'deployed' && neverPushed) return [];
  if (seen === null) return [{ kind: 'look-up' }];
  const ids: readonly unknown[] = [desired.apiId, ...known.formerIds];
  const isOurs = (api: SeenApi): boolean => ids.includes(api.marks?.id) || api.id === known.remoteId;
  return desired.state === 'deployed' ? planDeployed(desired, known, seen, isOurs) : planUndeployed(known, seen, isOurs);
}

function planDeployed(
  desired: Desired,
  known: Known,
  { byName, byId }: Seen,
  isOurs: (api: SeenApi) => boolean,
): readonly ApimStep[] {
  if (byName !== null && !isOurs(byName) && !known.adopt) return [notOurs(byName)];
  // Under its old name it would go on being served beside the new one.
  const leave = byId !== null && isOurs(byId) ? undeploys(byId) : [];
  const marks = byName?.marks;
  const isThere = marks?.id === desired.apiId && marks.generation === desired.generation && marks.hash === desired.hash;
  const [revision] = byName?.deployedRevisions ?? [];
  if (byName !== null && isThere && !known.force && revision !== undefined)
    return [...leave, { kind: 'adopt', remoteId: byName.id, revision }];
  return [...leave, { kind: 'import', published: byName?.id ?? null }];
}

function planUndeployed(known: Known, { byName, byId }: Seen, isOurs: (api: SeenApi) => boolean): readonly ApimStep[] {
  const ours = [byName, byId].filter((api) => api !== null).filter(isOurs);
  if (ours.length > 0) return ours.flatMap(undeploys);
  const isKnown = known.remoteId !== '' && known.remoteRevision !== '';
  const mayBeThere = (isUnsure(known) && byName === null) || (known.remoteDeployed && isKnown);
  if (!mayBeThere) return [];
  // APIM says it does not know what is, or may be, live there. A read may lag behind a write (APIM's search does, by seconds): it is
  // believed only when the attempts are used up, and then by the revision we were given, if we were.
  if (known.lastAttempt) return isKnown ? [{ kind: 'undeploy', remoteId: known.remoteId, revision: known.remoteRevision }] : [];
  const message = `APIM does not know API ${known.remoteId || 'of that name'}, which may be deployed there`;
  return [{ kind: 'refuse', class: 'retryable', code: 'remote_not_visible', message }];
}

/** Something may be in APIM that we have no id of. */
function isUnsure({ dirty, formerIds }: Known): boolean {
  return dirty || formerIds.length > 0;
}

function undeploys({ id, deployedRevisions }: SeenApi): ApimStep[] {
  return deployedRevisions.map((revision) => ({ kind: 'undeploy', remoteId: id, revision }));
}

function notOurs({ id, name, version, marks }: SeenApi): ApimStep {
  const owner = marks === null ? 'was not pushed by this gateway' : `belongs to another API of a gateway (${marks.id})`;
  const message = `API ${name} ${version} exists in APIM as ${id} and ${owner}; it is never overwritten. Rename one of them, or adopt it`;
  return { kind: 'refuse', class: 'terminal', code: 'not_ours', message };
}

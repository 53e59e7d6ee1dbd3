import type { Answer, CallLimits } from '../apim/answer.ts';
import type { PublishedApi, Publisher } from '../apim/publisher.ts';
import type { Seen, SeenApi } from './plan.ts';

export interface LookUp {
  readonly name: string;
  readonly version: string;
  /** '' = none known */
  readonly remoteId: string;
}

/** What APIM has of this API: by the id we were given first, then by name; with the revisions deployed to this gateway. */
export async function lookUp(
  publisher: Publisher,
  { name, version, remoteId }: LookUp,
  limits: CallLimits,
): Promise<Answer<Seen>> {
  // An API that is known by its id is the usual case: what is needed of it is asked for together.
  const [byId, revisions] =
    remoteId === ''
      ? [NONE, null]
      : await Promise.all([publisher.read(remoteId, limits), publisher.deployedRevisions(remoteId, limits)]);
  if (!byId.ok) return byId;
  if (revisions?.ok === false) return revisions;
  const known = byId.value === null || revisions === null ? null : { ...byId.value, deployedRevisions: revisions.value };
  if (known !== null && known.name === name && known.version === version)
    return { ok: true, value: { byName: known, byId: null } };
  const byName = await publisher.find(name, version, limits);
  if (!byName.ok) return byName;
  const first = await withRevisions(publisher, byName.value, limits);
  if (!first.ok) return first;
  return { ok: true, value: { byName: first.value, byId: known } };
}

const NONE: Answer<PublishedApi | null> = { ok: true, value: null };

async function withRevisions(
  publisher: Publisher,
  api: PublishedApi | null,
  limits: CallLimits,
): Promise<Answer<SeenApi | null>> {
  if (api === null) return { ok: true, value: null };
  const revisions = await publisher.deployedRevisions(api.id, limits);
  return revisions.ok ? { ok: true, value: { ...api, deployedRevisions: revisions.value } } : revisions;
}

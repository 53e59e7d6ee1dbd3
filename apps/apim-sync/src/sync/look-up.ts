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
  const byId = remoteId === '' ? NONE : await publisher.read(remoteId, limits);
  if (!byId.ok) return byId;
  if (byId.value !== null && byId.value.name === name && byId.value.version === version) {
    const seen = await withRevisions(publisher, byId.value, limits);
    return seen.ok ? { ok: true, value: { byName: seen.value, byId: null } } : seen;
  }
  const byName = await publisher.find(name, version, limits);
  if (!byName.ok) return byName;
  const first = await withRevisions(publisher, byName.value, limits);
  if (!first.ok) return first;
  const second = await withRevisions(publisher, byId.value, limits);
  return second.ok ? { ok: true, value: { byName: first.value, byId: second.value } } : second;
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

import { EntryKind, type EntrySource } from '@tidegate/gateway-ir';
import type { Difference } from '@tidegate/management-api';

import type { DerivedEntry } from '../discovery/gateway-snapshot.ts';
import { sameBytes } from '../discovery/plan-push.ts';
import type { StoredDeployment } from '../discovery/stored-rows.ts';

type Found = Omit<Difference, 'gateway'>;

/** What the controller would send, beside what the documents say now. Both at one version. Pure. */
export function compareEntries(wanted: readonly EntrySource[], served: readonly EntrySource[]): Found[] {
  const left = new Map(served.map((entry) => [keyOf(entry), entry]));
  const found: Found[] = [];
  for (const entry of wanted) {
    const other = left.get(keyOf(entry));
    left.delete(keyOf(entry));
    if (other === undefined)
      found.push(controller('missing', entry, 'the documents ask for it; this controller does not serve it'));
    else if (!sameBytes(entry.hash, other.hash))
      found.push(controller('other_content', entry, 'this controller serves something else than the document compiles to'));
  }
  for (const entry of left.values())
    found.push(controller('unwanted', entry, 'this controller serves what no document asks for'));
  return found;
}

/** Documents that should be served and lead to nothing: they do not compile, or the change log never named them. Pure. */
export function unservedDocuments(deployments: readonly StoredDeployment[], derived: readonly DerivedEntry[]): Found[] {
  const entries = new Map(derived.filter(({ kind }) => kind === EntryKind.ROUTES).map((entry) => [entry.id, entry]));
  return deployments.flatMap(({ id, apiHandle, desiredState }): Found[] => {
    const entry = entries.get(id);
    if (desiredState !== 'deployed' || entry === undefined || entry.content !== null) return [];
    const subject = `${apiHandle} (${id})`;
    const [first] = entry.diagnostics;
    if (first === undefined)
      return [{ stage: 'documents', code: 'not_announced', subject, message: 'is deployed, but the change log does not say so' }];
    return [{ stage: 'documents', code: 'does_not_compile', subject, message: `${first.path}: ${first.message}` }];
  });
}

/** Keys that should be served by this gateway and are not among what is derived. Pure. */
export function unservedKeys(keyIds: readonly string[], derived: readonly DerivedEntry[]): Found[] {
  const served = new Set(
    derived.flatMap(({ kind, id, content }) => (kind === EntryKind.API_KEY && content !== null ? [id] : [])),
  );
  const message = 'is valid, but the change log does not say so';
  return keyIds
    .filter((id) => !served.has(id))
    .map((id) => ({ stage: 'documents', code: 'not_announced', subject: `key ${id}`, message }));
}

function controller(code: Difference['code'], entry: EntrySource, message: string): Found {
  return { stage: 'controller', code, subject: `${KINDS.get(entry.kind) ?? `kind ${entry.kind}`} ${entry.id}`, message };
}

const KINDS = new Map<EntryKind, string>([
  [EntryKind.ROUTES, 'deployment'],
  [EntryKind.API_KEY, 'key'],
  [EntryKind.SUBSCRIPTION, 'subscription'],
  [EntryKind.CERTIFICATE, 'certificate'],
]);

function keyOf({ kind, id }: EntrySource): string {
  return `${kind}/${id}`;
}

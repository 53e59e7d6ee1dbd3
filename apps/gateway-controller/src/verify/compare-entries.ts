import { EntryKind, type EntrySource } from '@tidegate/gateway-ir';
import type { Difference } from '@tidegate/management-api';

import type { DerivedEntry } from '../discovery/gateway-snapshot.ts';
import { sameBytes } from '../discovery/plan-push.ts';
import type { StoredDeployment } from '../discovery/stored-rows.ts';

type Found = Omit<Difference, 'gateway'>;

/** What is not made of a document */
export interface DueEntry {
  readonly kind: EntryKind;
  readonly id: string;
}

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

/** Keys, subscriptions and certificates that this gateway should serve and that are not among what is derived. Pure. */
export function unservedBeside(due: readonly DueEntry[], derived: readonly DerivedEntry[]): Found[] {
  const served = new Set(derived.flatMap((entry) => (entry.content === null ? [] : [keyOf(entry)])));
  const message = 'is valid, but the change log does not say so';
  return due
    .filter((entry) => !served.has(keyOf(entry)))
    .map(({ kind, id }) => ({ stage: 'documents', code: 'not_announced', subject: `${nameOf(kind)} ${id}`, message }));
}

function controller(code: Difference['code'], entry: EntrySource, message: string): Found {
  return { stage: 'controller', code, subject: `${nameOf(entry.kind)} ${entry.id}`, message };
}

const KINDS = new Map<EntryKind, string>([
  [EntryKind.ROUTES, 'deployment'],
  [EntryKind.API_KEY, 'key'],
  [EntryKind.SUBSCRIPTION, 'subscription'],
  [EntryKind.CERTIFICATE, 'certificate'],
]);

function nameOf(kind: EntryKind): string {
  return KINDS.get(kind) ?? `kind ${kind}`;
}

function keyOf({ kind, id }: DueEntry): string {
  return `${kind}/${id}`;
}

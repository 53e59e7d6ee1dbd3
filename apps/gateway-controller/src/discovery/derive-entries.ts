import { EntryKind, TrustedCertificate } from '@tidegate/gateway-ir';

import type { CompileCache } from './compile-cache.ts';
import { encodeKey } from './encode-key.ts';
import { encodeSubscription } from './encode-subscription.ts';
import type { DerivedEntry } from './gateway-snapshot.ts';
import type { GatewayRead } from './read-changes.ts';
import type { StoredCertificate, StoredDeployment, StoredKey, StoredSubscription } from './stored-rows.ts';

/** How long compiling may keep the event loop from serving streams, ms. */
const SLICE_MS = 20;

/**
 * From rows to entries. A change whose thing is gone, on another gateway, undeployed, held or no longer compiles becomes a
 * removal; the thing itself decides, so that a wrong `removed` flag can only ever serve less.
 */
export async function deriveEntries(read: GatewayRead, compiled: CompileCache): Promise<DerivedEntry[]> {
  const deployments = new Map(read.deployments.map((deployment) => [deployment.id, deployment]));
  const keys = new Map(read.keys.map((key) => [key.id, key]));
  const subscriptions = new Map(read.subscriptions.map((subscription) => [subscription.id, subscription]));
  const certificates = new Map(read.certificates.map((certificate) => [certificate.id, certificate]));
  const entries: DerivedEntry[] = [];
  let sliceEndsAt = performance.now() + SLICE_MS;
  for (const { kind, id, version, removed } of read.changes) {
    if (kind === EntryKind.ROUTES) entries.push(routesEntry(id, version, removed, deployments.get(id), compiled));
    else if (kind === EntryKind.API_KEY) entries.push(keyEntry(id, version, removed ? undefined : keys.get(id)));
    else if (kind === EntryKind.SUBSCRIPTION)
      entries.push(subscriptionEntry(id, version, removed ? undefined : subscriptions.get(id)));
    else if (kind === EntryKind.CERTIFICATE)
      entries.push(certificateEntry(id, version, removed ? undefined : certificates.get(id)));
    deployments.delete(id);
    if (performance.now() > sliceEndsAt) {
      await new Promise(setImmediate);
      sliceEndsAt = performance.now() + SLICE_MS;
    }
  }
  // Deployed here, but never served: they own their routes all the same (decision 23).
  for (const deployment of deployments.values()) entries.push(routesEntry(deployment.id, 0, true, deployment, compiled));
  return entries;
}

function routesEntry(
  id: string,
  version: number,
  removed: boolean,
  stored: StoredDeployment | undefined,
  compiled: CompileCache,
): DerivedEntry {
  const entry = { kind: EntryKind.ROUTES, id, version, content: null, claims: [], apiHandle: null, diagnostics: [] };
  if (stored === undefined) {
    compiled.forget(id);
    return entry;
  }
  const result = compiled.get(stored);
  if (!result.ok) return { ...entry, apiHandle: stored.apiHandle, diagnostics: result.diagnostics };
  const served = !removed && stored.desiredState === 'deployed';
  return { ...entry, content: served ? result.content : null, claims: result.claims, apiHandle: stored.apiHandle };
}

/** Expired keys are sent too: routers look at the clock at every use. */
function keyEntry(id: string, version: number, key: StoredKey | undefined): DerivedEntry {
  return besideRoutes(EntryKind.API_KEY, id, version, key === undefined || key.held ? null : encodeKey(key));
}

/** Those whose plan has ended too, for the same reason. */
function subscriptionEntry(id: string, version: number, subscription: StoredSubscription | undefined): DerivedEntry {
  const served = subscription !== undefined && subscription.active;
  return besideRoutes(EntryKind.SUBSCRIPTION, id, version, served ? encodeSubscription(subscription) : null);
}

/** One that has expired too: whoever checks a chain says so better than a chain that ends nowhere. */
function certificateEntry(id: string, version: number, stored: StoredCertificate | undefined): DerivedEntry {
  const content = stored === undefined ? null : Buffer.from(TrustedCertificate.encode(stored).finish());
  return besideRoutes(EntryKind.CERTIFICATE, id, version, content);
}

function besideRoutes(kind: EntryKind, id: string, version: number, content: Buffer | null): DerivedEntry {
  return { kind, id, version, content, claims: [], apiHandle: null, diagnostics: [] };
}

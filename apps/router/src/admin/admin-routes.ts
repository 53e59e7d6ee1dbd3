import { ApiKey, ApiRoutes, EntryKind, redact, Subscription, TrustedCertificate } from '@tidegate/gateway-ir';
import type { AdminRoute } from '@tidegate/process';

import { entriesOf, type HeldEntry } from '../discovery/held.ts';
import type { LiveTable } from '../policy-host/live-table.ts';
import { explain } from './explain.ts';

export interface AdminFacts {
  readonly live: LiveTable;
  /** Wall clock, ms since the epoch */
  readonly now: () => number;
  readonly discovery: () => { readonly state: string; readonly nodeId: string };
}

/** What the admin port adds to health, readiness and metrics (data-plane reference §5.5). */
export function adminRoutes(facts: AdminFacts): Record<string, AdminRoute> {
  return {
    'GET /config_dump': () => ({ status: 200, body: configDump(facts) }),
    'POST /explain': (_request, body) => explain(facts, body),
    'GET /xds_sync_status': () => ({ status: 200, body: syncStatus(facts) }),
  };
}

function syncStatus({ live, now, discovery }: AdminFacts) {
  return {
    component: 'router',
    timestamp: new Date(now()).toISOString(),
    // The name WSO2's tools read; the same number as `version`.
    policy_chain_version: String(live.held?.version ?? 0),
    epoch: live.held?.epoch ?? 0,
    version: live.held?.version ?? 0,
    hash: live.held?.tableHash.toString('hex') ?? null,
    compiler_build: live.held?.compilerBuild ?? null,
    stream: discovery().state,
    node_id: discovery().nodeId,
    rejected: live.rejected,
  };
}

/** The IR as it is served. Secrets go by type: whatever is Sealed prints as "***" (invariant 13). */
function configDump({ live, now }: AdminFacts) {
  const all = (kind: EntryKind) => (live.held === null ? [] : entriesOf(live.held, kind));
  return {
    timestamp: new Date(now()).toISOString(),
    version: live.held?.version ?? 0,
    epoch: live.held?.epoch ?? 0,
    hash: live.held?.tableHash.toString('hex') ?? null,
    total_routes: live.table?.routeCount ?? 0,
    rejected: live.rejected,
    deployments: all(EntryKind.ROUTES).map((entry) => dumped(entry, ApiRoutes.decode)),
    api_keys: all(EntryKind.API_KEY).map((entry) => dumped(entry, ApiKey.decode)),
    subscriptions: all(EntryKind.SUBSCRIPTION).map((entry) => dumped(entry, Subscription.decode)),
    certificates: all(EntryKind.CERTIFICATE).map((entry) => dumped(entry, TrustedCertificate.decode)),
  };
}

function dumped(entry: HeldEntry, decode: (content: Buffer) => unknown) {
  const { id } = entry;
  const hash = entry.hash.toString('hex');
  try {
    return { id, hash, content: redact(decode(entry.content)) };
  } catch {
    return { id, hash, content: null };
  }
}

import { setImmediate } from 'node:timers/promises';

import { ApiRoutes, EntryKind, type Rejected } from '@tidegate/gateway-ir';
import type { BuildContext, PolicyRuntime } from '@tidegate/policy-sdk';
import {
  buildInSteps,
  type BuildResult,
  buildRouteTable,
  type RouteEntry,
  type RouteServices,
  type RouteTable,
} from '@tidegate/route-table';

import { entriesOf, type Held, type HeldEntry } from '../discovery/held.ts';
import { createKeyStore } from './key-store.ts';
import { readSettingsFile } from './settings-file.ts';
import { createSubscriptionStore } from './subscription-store.ts';
import { createTrustStore, type TrustedCertificates } from './trust-store.ts';

/** What requests are served from, and the only thing that changes it. */
export interface LiveTable {
  /** `null` = nothing yet: not ready, everything answers 503 */
  readonly table: RouteTable | null;
  readonly held: Held | null;
  readonly rejected: readonly Rejected[];
  readonly keyCount: number;
  readonly subscriptionCount: number;
  /** What upstreams may be signed by, beside what this router trusts anyway */
  readonly trusted: TrustedCertificates;
  /** Contents still served in place of rejected ones: what the disk copy needs to serve the same after a restart */
  readonly lastAccepted: readonly HeldEntry[];
  /** Builds and swaps routes, keys, subscriptions and trust in one synchronous step, and says what could not be built. */
  apply(held: Held, revoked: readonly string[]): readonly Rejected[];
  /**
   * The same beside traffic: requests are let through again and again while routes are built, and the swap is still one step. What
   * is revoked is refused from the call on. One at a time.
   */
  applyInSteps(held: Held, revoked: readonly string[]): Promise<readonly Rejected[]>;
  /** Builds the forms that were served before a restart, so that `apply` can keep them. Serves nothing by itself. */
  recall(lastAccepted: readonly HeldEntry[]): void;
}

export interface LiveTableOptions {
  readonly runtimes: readonly PolicyRuntime[];
  /** `[policy_configurations]` */
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Wall clock, ms since the epoch */
  readonly now: () => number;
  /** Where policies write */
  readonly log: BuildContext['log'];
  /** How policies call other servers; absent = they cannot */
  readonly http?: BuildContext['http'];
  /** Where policies count for all routers; absent = they cannot */
  readonly redis?: BuildContext['redis'];
  /** What this table counts with others; absent = there are none */
  readonly cells?: BuildContext['cells'];
}

/** What a table was built from. */
interface Built {
  readonly held: Held;
  readonly revoked: readonly string[];
  readonly entries: readonly HeldEntry[];
}

export function createLiveTable({ runtimes, settings, now, log, http, cells, redis }: LiveTableOptions): LiveTable {
  const things = new Map<string, object>();
  const keys = createKeyStore(now);
  const subscriptions = createSubscriptionStore(now);
  const trusted = createTrustStore();
  const services: RouteServices = {
    runtimes,
    keys,
    subscriptions,
    now,
    log,
    readFile: readSettingsFile,
    ...(http !== undefined && { http }),
    ...(redis !== undefined && { redis }),
    ...(cells !== undefined && { cells }),
    // One name is one kind of thing: policies prefix it with their own.
    shared: <T extends object>(name: string, create: () => T): T => {
      const thing = (things.get(name) ?? create()) as T;
      things.set(name, thing);
      return thing;
    },
    settings: (name, version) => settingsOf(settings, name, version),
  };
  let previous: RouteTable | null = null;
  let contents: readonly HeldEntry[] = [];
  let refused: readonly string[] = [];
  const live: { table: RouteTable | null; held: Held | null; rejected: readonly Rejected[]; lastAccepted: readonly HeldEntry[] } =
    {
      table: null,
      held: null,
      rejected: [],
      lastAccepted: [],
    };

  const swap = ({ table, rejected }: BuildResult, { held, revoked, entries }: Built): readonly Rejected[] => {
    keys.replace(held, revoked);
    subscriptions.replace(held);
    trusted.replace(held);
    live.lastAccepted = substitutes(table, [...contents, ...live.lastAccepted]);
    live.rejected = rejected.map(({ deploymentId, code, message }) => ({
      kind: EntryKind.ROUTES,
      id: deploymentId,
      code,
      message,
    }));
    live.held = held;
    live.table = table;
    previous = table;
    contents = entries;
    return live.rejected;
  };

  return {
    get table() {
      return live.table;
    },
    get held() {
      return live.held;
    },
    get rejected() {
      return live.rejected;
    },
    get keyCount() {
      return keys.size;
    },
    get subscriptionCount() {
      return subscriptions.size;
    },
    trusted,
    get lastAccepted() {
      return live.lastAccepted;
    },
    recall(lastAccepted) {
      previous = buildRouteTable(null, lastAccepted.map(routeEntry), services).table;
      contents = lastAccepted;
    },
    apply(held, revoked) {
      const entries = entriesOf(held, EntryKind.ROUTES);
      return swap(buildRouteTable(previous, entries.map(routeEntry), services), { held, revoked, entries });
    },
    async applyInSteps(held, revoked) {
      if (live.held !== null && revoked !== refused) keys.replace(live.held, revoked);
      refused = revoked;
      const entries = entriesOf(held, EntryKind.ROUTES);
      const steps = buildInSteps(previous, entries.map(routeEntry), services);
      for (let step = steps.next(); ; step = steps.next()) {
        if (step.done === true) return swap(step.value, { held, revoked, entries });
        await setImmediate();
      }
    },
  };
}

const NO_SETTINGS = Object.freeze({});

/** `<name>_<version>` or `<name>`, and as WSO2 spells it without hyphens: `jwtauth_v1`. */
function settingsOf(settings: LiveTableOptions['settings'], name: string, version: string) {
  const spellings = [`${name}_${version}`, `${name.replaceAll('-', '')}_${version}`, name];
  return spellings.map((spelling) => settings[spelling]).find((found) => found !== undefined) ?? NO_SETTINGS;
}

/** Entries live as long as their content is held: what is made of them is kept with them. */
const routeEntries = new WeakMap<HeldEntry, RouteEntry>();

function routeEntry(entry: HeldEntry): RouteEntry {
  const known = routeEntries.get(entry);
  if (known !== undefined) return known;
  const made = { deploymentId: entry.id, hash: entry.hash.toString('hex'), routes: () => ApiRoutes.decode(entry.content) };
  routeEntries.set(entry, made);
  return made;
}

/** For each deployment that is served in an older form: the content of that form, found among what was held before. */
function substitutes(table: RouteTable, known: readonly HeldEntry[]): HeldEntry[] {
  const served = [...table.deployments.values()].filter(
    ({ hash, acceptedHash }) => acceptedHash !== null && acceptedHash !== hash,
  );
  return served.flatMap(({ deploymentId, acceptedHash }) => {
    const content = known.find((entry) => entry.id === deploymentId && entry.hash.toString('hex') === acceptedHash);
    return content === undefined ? [] : [content];
  });
}

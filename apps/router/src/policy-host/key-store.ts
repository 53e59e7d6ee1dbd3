import { hash, randomBytes } from 'node:crypto';

import { ApiKey, EntryKind } from '@tidegate/gateway-ir';
import type { ApiKeyRecord, ApiKeys } from '@tidegate/policy-sdk';

import { entriesOf, type Held, type HeldEntry } from '../discovery/held.ts';

/** The API keys of the live table. What it finds is what policies may rely on: live, of that API, not expired. */
export interface KeyStore extends ApiKeys {
  /** Swaps in the keys of a table in one step; ids in `revoked` stay refused, whatever the table says. */
  replace(held: Held, revoked: readonly string[]): void;
  readonly size: number;
}

/** Presented keys that were found lately; more would only cost memory (invariant 9). */
const PRESENTED_MAX = 10_000;

export function createKeyStore(now: () => number): KeyStore {
  let live: ReadonlyMap<string, ApiKeyRecord> = new Map();
  // Contents never change under one hash, so a record is decoded once for as long as its entry is held.
  const decoded = new WeakMap<HeldEntry, { locator: string; record: ApiKeyRecord }>();
  const presentedKeys = createPresentedKeys();

  const findLive = (apiId: string, presented: string): ApiKeyRecord | null => {
    const record = live.get(locatorOf(apiId, hash('sha256', presented, 'hex')));
    if (record !== undefined) presentedKeys.add(apiId, presented, record);
    return record ?? null;
  };

  return {
    get size() {
      return live.size;
    },
    replace(held, revoked) {
      const refused = new Set(revoked);
      const next = new Map<string, ApiKeyRecord>();
      for (const entry of entriesOf(held, EntryKind.API_KEY)) {
        if (refused.has(entry.id)) continue;
        const known = decoded.get(entry) ?? decode(entry);
        if (known === null) continue;
        decoded.set(entry, known);
        next.set(known.locator, known.record);
      }
      live = next;
      presentedKeys.clear();
    },
    find(apiId, presented) {
      const record = presentedKeys.find(apiId, presented) ?? findLive(apiId, presented);
      if (record === null || record.apiId !== apiId) return null;
      return record.expiresAtMs === 0 || record.expiresAtMs > now() ? record : null;
    },
  };
}

/**
 * Positive answers only, so that guessing cannot fill it; by a digest under a key of this process, so that neither memory nor
 * timing tells anything about the keys; dropped at every swap, so that a revocation needs no look-up of its own. Whether the
 * record is of this API and still valid is asked on every hit by the caller.
 */
function createPresentedKeys() {
  const processKey = randomBytes(32).toString('base64');
  let records = new Map<string, ApiKeyRecord>();
  const keyOf = (apiId: string, presented: string) => hash('sha256', `${processKey}${apiId}\0${presented}`, 'base64');
  return {
    find: (apiId: string, presented: string) => records.get(keyOf(apiId, presented)),
    add(apiId: string, presented: string, record: ApiKeyRecord) {
      if (records.size >= PRESENTED_MAX) records = new Map();
      records.set(keyOf(apiId, presented), record);
    },
    clear() {
      records = new Map();
    },
  };
}

/** `null` = not a key this router understands: nobody can present it, which is the safe side. */
function decode(entry: HeldEntry): { locator: string; record: ApiKeyRecord } | null {
  try {
    const { digest, id, apiId, name, issuer, createdBy, applicationId, applicationName, expiresAtMs } = ApiKey.decode(
      entry.content,
    );
    if (digest === undefined || digest.value.length !== 32) return null;
    const record = { id, apiId, name, issuer, createdBy, applicationId, applicationName, expiresAtMs };
    return { locator: locatorOf(apiId, Buffer.from(digest.value).toString('hex')), record };
  } catch {
    return null;
  }
}

/** One key may be known to several APIs, as a record of each. */
function locatorOf(apiId: string, digest: string): string {
  return `${apiId}/${digest}`;
}

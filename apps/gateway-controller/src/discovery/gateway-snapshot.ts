import { type ApiRoutes, contentHash, EMPTY_TABLE_HASH, EntryKind, type EntrySource, tableHash } from '@tidegate/gateway-ir';
import type { Diagnostic } from '@tidegate/rest-api';
import { ClaimIndex, type ClaimOwner, type ForeignClaim } from '@tidegate/route-compiler';

/** What one stored thing means to the gateway at one version. `content: null` = not served: a tombstone, or a claim only. */
export interface DerivedEntry {
  readonly kind: EntryKind;
  readonly id: string;
  readonly version: number;
  readonly content: Buffer | null;
  readonly claims: readonly string[];
  /** Set when the thing is there; a claim needs somebody to name */
  readonly apiHandle: string | null;
  /** Why a thing that should be served is not */
  readonly diagnostics: readonly Diagnostic[];
}

export interface SnapshotChange {
  readonly version: number;
  readonly floor: number;
  readonly committedAtMs: number;
  readonly deletionsConfirmedEpoch: number;
  readonly entries: readonly DerivedEntry[];
}

export interface StoredIssue {
  readonly deploymentId: string;
  readonly apiHandle: string;
  readonly diagnostics: readonly Diagnostic[];
}

interface Entry extends DerivedEntry {
  readonly hash: Uint8Array;
}

const NO_HASH = new Uint8Array(0);

/** What one gateway serves at one version, in memory only (invariant 5). Changes as a whole, synchronously. */
export interface StoredConflict {
  readonly claim: string;
  /** The oldest first */
  readonly apiHandles: readonly string[];
}

export class GatewaySnapshot {
  readonly #entries = new Map<string, Entry>();
  readonly #claims = new ClaimIndex();
  #version = 0;
  #floor = 0;
  #committedAtMs = 0;
  #deletionsConfirmedEpoch = 0;
  #served = 0;
  #hash: Uint8Array | null = EMPTY_TABLE_HASH;

  get version(): number {
    return this.#version;
  }

  get floor(): number {
    return this.#floor;
  }

  get committedAtMs(): number {
    return this.#committedAtMs;
  }

  /** The epoch whose deletions somebody confirmed; 0 = none */
  get deletionsConfirmedEpoch(): number {
    return this.#deletionsConfirmedEpoch;
  }

  /** Entries of the whole table */
  get count(): number {
    return this.#served;
  }

  /** Table hash, 32 bytes; computed when first asked for at each version. */
  get hash(): Uint8Array {
    return (this.#hash ??= tableHash([...this.#entries.values()].filter(isServed)));
  }

  /** One or more versions at once. Old claims go before new ones come: a path may change hands within one change. */
  apply({ version, floor, committedAtMs, deletionsConfirmedEpoch, entries }: SnapshotChange): void {
    for (const entry of entries) this.#remove(keyOf(entry));
    for (const entry of entries) this.#add(entry);
    this.#version = version;
    this.#committedAtMs = committedAtMs;
    this.#deletionsConfirmedEpoch = deletionsConfirmedEpoch;
    this.#hash = null;
    this.raiseFloor(floor);
  }

  raiseFloor(floor: number): void {
    if (floor <= this.#floor) return;
    this.#floor = floor;
    for (const [key, entry] of this.#entries) {
      if (entry.content === null && entry.apiHandle === null && entry.version <= floor) this.#entries.delete(key);
    }
  }

  /** Every entry. The array is the caller's; entries never change. */
  all(): EntrySource[] {
    return [...this.#entries.values()].filter(isServed).map(sourceOf);
  }

  /** What changed after `version`, removals included. */
  since(version: number): EntrySource[] {
    return [...this.#entries.values()].filter((entry) => entry.version > version).map(sourceOf);
  }

  /** Ids of keys that were served and no longer are, as far back as tombstones go. */
  removedKeys(): string[] {
    return [...this.#entries.values()]
      .filter(({ kind, content }) => kind === EntryKind.API_KEY && content === null)
      .map(({ id }) => id);
  }

  /** Who owns a claim, other than the given deployment. */
  ownerOf(claim: string, except: string): ClaimOwner | undefined {
    return this.#claims.ownerOf(claim, except);
  }

  /** The claims of other deployments that may overlap with these routes, and whose they are. */
  claimsNear(routes: ApiRoutes): Iterable<ForeignClaim> {
    return this.#claims.near(routes);
  }

  /** Routes that several APIs claim; the router serves one of them. */
  conflicts(): StoredConflict[] {
    return this.#claims.contested().map(({ claim, owners }) => ({ claim, apiHandles: owners.map(({ apiHandle }) => apiHandle) }));
  }

  /** Stored documents that no longer compile: kept out, so that nobody else is hurt. */
  issues(): StoredIssue[] {
    return [...this.#entries.values()].flatMap(({ id, apiHandle, diagnostics }) =>
      diagnostics.length > 0 && apiHandle !== null ? [{ deploymentId: id, apiHandle, diagnostics }] : [],
    );
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    for (const claim of entry.claims) this.#claims.remove(claim, entry.id);
    if (entry.content !== null) this.#served -= 1;
    this.#entries.delete(key);
  }

  #add(entry: DerivedEntry): void {
    this.#entries.set(keyOf(entry), { ...entry, hash: entry.content === null ? NO_HASH : contentHash(entry.content) });
    if (entry.content !== null) this.#served += 1;
    if (entry.apiHandle === null) return;
    const owner = { deploymentId: entry.id, apiHandle: entry.apiHandle };
    for (const claim of entry.claims) this.#claims.add(claim, owner);
  }
}

function keyOf({ kind, id }: DerivedEntry): string {
  return `${kind}/${id}`;
}

function isServed(entry: Entry): boolean {
  return entry.content !== null;
}

function sourceOf({ kind, id, hash, content }: Entry): EntrySource {
  return { kind, id, removed: content === null, hash, content };
}

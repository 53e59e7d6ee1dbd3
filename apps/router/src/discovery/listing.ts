import { type Begin, type Commit, contentHash, type Entry, EntryKind, tableHash } from '@tidegate/gateway-ir';

import { entryKey, type Held, type HeldEntry } from './held.ts';

/** Everything between a Begin and its Commit. Nothing of it is visible before `completeListing` has proved it. */
export interface Listing {
  readonly begin: Begin;
  readonly frames: readonly (readonly Entry[])[];
  readonly bytes: number;
  /** What is wrong with an entry that came whole; looked at as it comes, so that the Commit finds less left to do at once */
  readonly fault: Problem | null;
}

/** A listing may be this large; more is refused instead of filling the memory (invariant 9). */
export const LISTING_BYTES_MAX = 512 * 1024 * 1024;

export interface Problem {
  /** Stable, for machines */
  readonly code: string;
  readonly message: string;
}

export interface Completed {
  readonly held: Held;
  /** API keys that this listing takes away */
  readonly revoked: readonly string[];
}

export function startListing(begin: Begin): Listing {
  return { begin, frames: [], bytes: 0, fault: null };
}

/** Keeps nothing of a listing that has become too large: `completeListing` refuses it. */
export function addFrame(listing: Listing, entries: readonly Entry[]): Listing {
  const bytes = entries.reduce((sum, entry) => sum + ENTRY_BYTES + (entry.content?.length ?? 0), listing.bytes);
  const frames = bytes > LISTING_BYTES_MAX ? [] : [...listing.frames, entries];
  return { begin: listing.begin, frames, bytes, fault: listing.fault ?? faultAmong(entries) };
}

function faultAmong(entries: readonly Entry[]): Problem | null {
  for (const { id, hash, content, parts } of entries)
    if (content !== undefined && parts <= 1 && !contentHash(content).equals(hash)) return wrongContent(id);
  return null;
}

function wrongContent(id: string): Problem {
  return problem('content_hash', `the content of ${id} does not have its hash`);
}

/** What an entry takes beside its content, about */
const ENTRY_BYTES = 256;

/**
 * The table after the listing, if every hash and the total agree (discovery.proto, rules 1 to 4); else why not. `base` = what
 * the node holds; must be what a delta starts from. Pure; hashes every content, so linear in its bytes.
 */
export function completeListing(
  listing: Listing,
  { base, commit, gatewayId }: { base: Held | null; commit: Commit; gatewayId: string },
): Completed | Problem {
  const { begin } = listing;
  if (commit.epoch !== begin.epoch || commit.version !== begin.version) {
    return problem('commit_mismatch', `Begin ${begin.epoch}/${begin.version} ended by Commit ${commit.epoch}/${commit.version}`);
  }
  if (listing.bytes > LISTING_BYTES_MAX) return problem('too_large', `${listing.bytes} bytes in one listing`);

  if (listing.fault !== null) return listing.fault;

  const delta = begin.fromVersion > 0;
  const entries = new Map(delta ? base?.entries : []);
  const fault = mergeFrames(entries, listing, base);
  if (fault !== null) return fault;

  if (entries.size !== commit.entryCount) {
    return problem('entry_count', `${entries.size} entries where the controller counts ${commit.entryCount}`);
  }
  if (!tableHash(entries.values()).equals(commit.tableHash)) return problem('table_hash', 'the table hash does not agree');
  const { epoch, version, compilerBuild } = begin;
  const held: Held = { gatewayId, epoch, version, compilerBuild, tableHash: Buffer.from(commit.tableHash), entries };
  // What another gateway's listing leaves out was not removed there.
  return { held, revoked: revokedBy(listing, base?.gatewayId === gatewayId ? base : null, entries) };
}

export function isProblem(result: Completed | Problem): result is Problem {
  return 'code' in result;
}

/** Parts of one large entry, in order. */
interface Assembly {
  readonly first: Entry;
  readonly pieces: Buffer[];
}

function mergeFrames(entries: Map<string, HeldEntry>, listing: Listing, base: Held | null): Problem | null {
  let open: Assembly | null = null;
  for (const entry of listing.frames.flat()) {
    const parts = Math.max(entry.parts, 1);
    if (!continues(open, entry)) return problem('bad_parts', `part ${entry.part} of ${entry.id} is out of order`);
    open ??= { first: entry, pieces: [] };
    if (entry.content !== undefined) open.pieces.push(entry.content);
    if (entry.part < parts - 1) continue;
    const fault = mergeEntry(entries, open, base);
    if (fault !== null) return fault;
    open = null;
  }
  return open === null ? null : problem('bad_parts', `${open.first.id} ends before its last part`);
}

function continues(open: Assembly | null, entry: Entry): boolean {
  if (open === null) return entry.part === 0;
  const { first, pieces } = open;
  return entry.part === pieces.length && entry.id === first.id && entry.kind === first.kind && entry.hash.equals(first.hash);
}

function mergeEntry(entries: Map<string, HeldEntry>, { first, pieces }: Assembly, base: Held | null): Problem | null {
  const { kind, id, hash } = first;
  const key = entryKey(kind, id);
  if (first.removed) {
    entries.delete(key);
    return null;
  }
  if (pieces.length === 0) {
    const known = base?.entries.get(key);
    if (known === undefined || !known.hash.equals(hash)) return problem('missing_content', `${id} came without the content`);
    entries.set(key, known);
    return null;
  }
  const whole = first.parts <= 1 ? pieces[0] : undefined;
  const content = whole ?? Buffer.concat(pieces);
  if (whole === undefined && !contentHash(content).equals(hash)) return wrongContent(id);
  entries.set(key, { kind, id, hash: Buffer.from(hash), content });
  return null;
}

/** Keys named as removed, and in a full listing keys that are held and not named any more. */
function revokedBy(listing: Listing, base: Held | null, entries: ReadonlyMap<string, HeldEntry>): string[] {
  const named = listing.frames.flat().filter((entry) => entry.removed && entry.kind === EntryKind.API_KEY);
  const vanished = [...(base?.entries.values() ?? [])].filter(
    (entry) => entry.kind === EntryKind.API_KEY && !entries.has(entryKey(entry.kind, entry.id)),
  );
  return [...new Set([...named, ...vanished].map((entry) => entry.id))];
}

function problem(code: string, message: string): Problem {
  return { code, message };
}

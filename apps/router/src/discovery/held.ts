import type { EntryKind } from '@tidegate/gateway-ir';

/** One entry as it came, whole and verified. */
export interface HeldEntry {
  readonly kind: EntryKind;
  readonly id: string;
  readonly hash: Buffer;
  readonly content: Buffer;
}

/**
 * A complete table: what the node serves, and can prove. Absent (`null`) = nothing yet, which is not the same as a table
 * without entries (invariant 14).
 */
export interface Held {
  /** Version and epoch mean something only within this gateway */
  readonly gatewayId: string;
  readonly epoch: number;
  readonly version: number;
  readonly tableHash: Buffer;
  /** Hashes compare only under the same build (discovery.proto, rule 7) */
  readonly compilerBuild: string;
  readonly entries: ReadonlyMap<string, HeldEntry>;
}

export function entryKey(kind: EntryKind, id: string): string {
  return `${kind}:${id}`;
}

export function entriesOf(held: Held, kind: EntryKind): HeldEntry[] {
  return [...held.entries.values()].filter((entry) => entry.kind === kind);
}

/** Newest first, at most this many are remembered, on disk and in Hello (discovery.proto, Hello.revoked_key_ids). */
export const REVOKED_MAX = 10_000;

/** Puts newly revoked ids in front; an id is listed once. */
export function addRevoked(known: readonly string[], added: readonly string[]): readonly string[] {
  return added.length === 0 ? known : [...new Set([...added, ...known])].slice(0, REVOKED_MAX);
}

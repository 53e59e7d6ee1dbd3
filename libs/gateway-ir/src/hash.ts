import { createHash, hash } from 'node:crypto';

import type { EntryKind } from './generated/tidegate/discovery/v1/discovery.ts';

export interface HashedEntry {
  readonly kind: EntryKind;
  readonly id: string;
  /** SHA-256 of the entry's content, 32 bytes */
  readonly hash: Uint8Array;
}

/** SHA-256 of an entry's content exactly as received: 32 bytes. */
export function contentHash(content: Uint8Array): Buffer {
  return hash('sha256', content, 'buffer');
}

/** The hash of a table with nothing in it: empty is a value (invariant 14). */
export const EMPTY_TABLE_HASH: Uint8Array = contentHash(new Uint8Array(0));

/**
 * SHA-256 over the entries sorted by (kind, id): kind (1 byte) ‖ id (UTF-8) ‖ 0x00 ‖ hash (32 bytes), 32 bytes.
 * Order of the argument does not matter; ids must be unique per kind. See discovery.proto, "Vocabulary".
 */
export function tableHash(entries: Iterable<HashedEntry>): Buffer {
  const sorted = [...entries].sort(byKindThenId);
  const digest = createHash('sha256');
  for (const entry of sorted) {
    digest.update(Uint8Array.of(entry.kind));
    digest.update(entry.id, 'utf8');
    digest.update(SEPARATOR);
    digest.update(entry.hash);
  }
  return digest.digest();
}

const SEPARATOR = Uint8Array.of(0);

/** Ids are ASCII (uuids and pairs of them), for which comparing UTF-16 code units equals comparing bytes. */
function byKindThenId(a: HashedEntry, b: HashedEntry): number {
  return a.kind - b.kind || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

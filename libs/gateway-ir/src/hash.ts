import { hash } from 'node:crypto';

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
  // One buffer and one digest: a call into OpenSSL per field would take most of the time of a table swap.
  const text = Buffer.allocUnsafe(sorted.reduce((bytes, { id, hash: { length } }) => bytes + id.length * 3 + length + 2, 0));
  let at = 0;
  for (const { kind, id, hash: content } of sorted) {
    text[at] = kind;
    at = text.write(id, at + 1, 'utf8') + at + 1;
    text[at] = SEPARATOR;
    text.set(content, at + 1);
    at += content.length + 1;
  }
  return hash('sha256', text.subarray(0, at), 'buffer');
}

const SEPARATOR = 0;

/** Ids are ASCII (uuids and pairs of them), for which comparing UTF-16 code units equals comparing bytes. */
function byKindThenId(a: HashedEntry, b: HashedEntry): number {
  return a.kind - b.kind || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

import { entryKey, type Held, type HeldEntry } from '../discovery/held.ts';

/** What makes one table of another, as it travels to a thread: bytes are copied, everything else is plain. */
export interface TableDelta {
  readonly head: Omit<Held, 'entries'>;
  readonly changed: readonly HeldEntry[];
  /** Keys of entries that are gone */
  readonly removed: readonly string[];
}

/** `previous` = what the thread holds; `null` = nothing. */
export function deltaOf(previous: Held | null, next: Held): TableDelta {
  const { entries, ...head } = next;
  const before = previous?.entries ?? NOTHING;
  const changed: HeldEntry[] = [];
  for (const [key, entry] of entries) {
    const known = before.get(key);
    if (known === entry || known?.hash.equals(entry.hash) === true) continue;
    changed.push(packed(entry));
  }
  const removed = [...before.keys()].filter((key) => !entries.has(key));
  return { head, changed, removed };
}

const NOTHING: Held['entries'] = new Map();

/** For a thread that holds nothing. */
export function packed(entry: HeldEntry): HeldEntry {
  // A view would take all of the memory behind it along.
  return { ...entry, content: Buffer.from(new Uint8Array(entry.content).buffer) };
}

/** The other side of `deltaOf`. */
export function withDelta(previous: Held | null, { head, changed, removed }: TableDelta): Held {
  const entries = new Map(previous?.entries);
  for (const key of removed) entries.delete(key);
  for (const entry of changed) entries.set(entryKey(entry.kind, entry.id), unpacked(entry));
  return { ...head, tableHash: asBuffer(head.tableHash), entries };
}

export function unpacked(entry: HeldEntry): HeldEntry {
  return { ...entry, hash: asBuffer(entry.hash), content: asBuffer(entry.content) };
}

/** A Buffer that came from another thread is a plain Uint8Array, whatever its type says. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

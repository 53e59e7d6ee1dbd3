import { ControllerMessage, type Entry, type EntryKind } from './generated/tidegate/discovery/v1/discovery.ts';

/** No frame is larger (discovery.proto, rule 6). Leaves room for the gRPC message header below 1 MiB. */
export const FRAME_BYTES_MAX = 1_000_000;

/** What of an entry goes on the wire. `content: null` in a full listing = the node already holds this hash. */
export interface EntrySource {
  readonly kind: EntryKind;
  readonly id: string;
  readonly removed: boolean;
  readonly hash: Uint8Array;
  readonly content: Uint8Array | null;
}

/**
 * Encodes entries into `Entries` frames, each a whole encoded ControllerMessage below FRAME_BYTES_MAX, in the given order.
 * Entries that do not fit one frame travel in parts. Encoded once, sent to every stream.
 */
export function* encodeFrames(sources: Iterable<EntrySource>): Generator<Uint8Array> {
  let batch: Entry[] = [];
  let batchBytes = 0;
  for (const entry of split(sources)) {
    const bytes = entryBytes(entry);
    if (batch.length > 0 && batchBytes + bytes > FRAME_BYTES_MAX) {
      yield encode(batch);
      batch = [];
      batchBytes = 0;
    }
    batch.push(entry);
    batchBytes += bytes;
  }
  if (batch.length > 0) yield encode(batch);
}

const PART_BYTES = FRAME_BYTES_MAX - 4096;

function* split(sources: Iterable<EntrySource>): Generator<Entry> {
  for (const { kind, id, removed, hash, content } of sources) {
    const parts = content === null ? 1 : Math.max(1, Math.ceil(content.length / PART_BYTES));
    for (let part = 0; part < parts; part++) {
      const piece = content?.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
      yield { kind, id, removed, hash: Buffer.from(hash), content: piece && Buffer.from(piece), part, parts };
    }
  }
}

/** An upper bound: field tags, lengths and the small integers take less than 64 bytes. */
function entryBytes(entry: Entry): number {
  return (entry.content?.length ?? 0) + Buffer.byteLength(entry.id) + entry.hash.length + 64;
}

function encode(entries: Entry[]): Uint8Array {
  return ControllerMessage.encode({ message: { $case: 'entries', value: { entries } } }).finish();
}

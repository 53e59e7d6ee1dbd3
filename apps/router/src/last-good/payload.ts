import { ControllerMessage, encodeFrames, type EntrySource, NodeMessage, tableHash } from '@tidegate/gateway-ir';

import { addFrame, completeListing, isProblem, type Listing, startListing } from '../discovery/listing.ts';
import type { Held, HeldEntry } from '../discovery/held.ts';

/** What a router needs to serve as before without a controller. */
export interface LastGood {
  readonly held: Held;
  /** Newest first */
  readonly revoked: readonly string[];
  /** Contents that are still served in place of rejected ones of `held` (decision 26), by deployment id */
  readonly lastAccepted: readonly HeldEntry[];
}

/**
 * The messages a stream would carry, each preceded by its length: Hello (revoked keys), the full listing of what is held, the
 * listing of last accepted forms. Reading goes through the same proof as a stream.
 */
export function* encodeLastGood({ held, revoked, lastAccepted }: LastGood): Generator<Uint8Array> {
  const hello = NodeMessage.fromPartial({
    message: {
      $case: 'hello',
      value: { epoch: held.epoch, version: held.version, tableHash: held.tableHash, revokedKeyIds: [...revoked] },
    },
  });
  yield* preceded(NodeMessage.encode(hello).finish());
  for (const message of listingOf(held, [...held.entries.values()])) yield* preceded(message);
  for (const message of listingOf(held, lastAccepted)) yield* preceded(message);
}

function* preceded(message: Uint8Array): Generator<Uint8Array> {
  yield lengthOf(message);
  yield message;
}

/** `null` = not one that `encodeLastGood` wrote, or a hash in it does not agree. */
export function decodeLastGood(payload: Buffer, gatewayId: string): LastGood | null {
  try {
    const messages = splitMessages(payload);
    const { message } = NodeMessage.decode(messages.next().value ?? Buffer.alloc(0));
    const held = readListing(messages, gatewayId);
    const accepted = readListing(messages, gatewayId);
    if (message?.$case !== 'hello' || held === null || accepted === null) return null;
    return { held, revoked: message.value.revokedKeyIds, lastAccepted: [...accepted.entries.values()] };
  } catch {
    return null;
  }
}

function* listingOf(held: Held, entries: readonly HeldEntry[]): Generator<Uint8Array> {
  const { epoch, version, compilerBuild } = held;
  const numbers = { epoch, version };
  yield encode({ $case: 'begin', value: { ...numbers, fromVersion: 0, compilerBuild, deletionsConfirmed: false } });
  yield* encodeFrames(entries.map(asSource));
  const hash = tableHash(entries);
  yield encode({ $case: 'commit', value: { ...numbers, tableHash: hash, entryCount: entries.length, committedAtMs: 0 } });
}

function asSource({ kind, id, hash, content }: HeldEntry): EntrySource {
  return { kind, id, hash, content, removed: false };
}

function encode(message: NonNullable<ControllerMessage['message']>): Uint8Array {
  return ControllerMessage.encode({ message }).finish();
}

function readListing(messages: Iterator<Buffer, undefined>, gatewayId: string): Held | null {
  let listing: Listing | null = null;
  for (let next = messages.next(); !next.done; next = messages.next()) {
    const { message } = ControllerMessage.decode(next.value);
    if (message?.$case === 'begin') listing = startListing(message.value);
    else if (listing !== null && message?.$case === 'entries') listing = addFrame(listing, message.value.entries);
    else if (listing !== null && message?.$case === 'commit') {
      const result = completeListing(listing, { base: null, commit: message.value, gatewayId });
      return isProblem(result) ? null : result.held;
    } else return null;
  }
  return null;
}

function lengthOf(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return length;
}

function* splitMessages(payload: Buffer): Generator<Buffer, undefined> {
  for (let at = 0; at < payload.length;) {
    const end = at + 4 + payload.readUInt32BE(at);
    yield payload.subarray(at + 4, end);
    at = end;
  }
}

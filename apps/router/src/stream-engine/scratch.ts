import type { Socket } from 'node:net';

/**
 * The one buffer of this thread in which everything is composed that is written to a socket: a head and the first bytes of its
 * body leave in one write. Legal because composing and writing happen without a turn of the event loop between them. What the
 * kernel has taken (`writableLength` is 0) leaves the buffer free; otherwise the socket keeps it and the next one is new.
 */
export const scratch = {
  bytes: Buffer.allocUnsafeSlow(0),
  at: 0,
};

/** A read (64 KiB) with its chunk framing, and a head before it */
const SCRATCH_BYTES = 112 * 1024;
/** Room that must be left for one more piece of data with its framing, else flush first */
const FULL_BYTES = SCRATCH_BYTES - 32;

scratch.bytes = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

export function putText(text: string): void {
  scratch.at += scratch.bytes.write(text, scratch.at, 'latin1');
}

/** Short runs are copied faster by hand than by a call into the runtime. */
export function putBytes(from: Buffer, start: number, end: number): void {
  const { bytes } = scratch;
  let { at } = scratch;
  if (end - start > 48) at += from.copy(bytes, at, start, end);
  else for (let index = start; index < end; index++) bytes[at++] = from[index] as number;
  scratch.at = at;
}

/** Data of a body, as a chunk of its own if it is `chunked` (RFC 9112 §7.1). */
export function putPiece(bytes: Buffer, start: number, end: number, chunked: boolean): void {
  if (chunked) putText(`${(end - start).toString(16)}\r\n`);
  putBytes(bytes, start, end);
  if (chunked) putText('\r\n');
}

export function roomLeft(): number {
  return FULL_BYTES - scratch.at;
}

/** Sends what was composed. `false` = the receiver is behind: stop the sender until `drain`. */
export function flush(socket: Socket): boolean {
  const { bytes, at } = scratch;
  scratch.at = 0;
  if (at === 0) return true;
  const taken = socket.write(at === bytes.length ? bytes : bytes.subarray(0, at));
  if (socket.writableLength !== 0) scratch.bytes = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  return taken;
}

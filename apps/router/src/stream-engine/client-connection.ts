import type { Socket } from 'node:net';

import { ChunkedBody, emptyHead, type Fault, HEAD_BYTES_MAX, parseRequestHead } from '@tidegate/http1';

import type { AnswerStyle } from '../exchange/send-answer.ts';
import type { ClientLink } from '../listener/client-address.ts';
import { isEncrypted } from '../listener/is-encrypted.ts';
import type { ListenerOptions } from '../listener/listener.ts';
import { parseTarget } from '../listener/request-target.ts';
import { OpenRequest } from '../listener/open-request.ts';
import { refuseRequest, type RequestHost, serveRequest } from '../listener/serve-request.ts';
import { type BodyReader, CountedBody } from './body-reader.ts';
import type { CoarseClock } from './clock.ts';
import { fieldSays, fieldValue, joinedValues } from './field-bytes.ts';
import { RECEIVED, withSharedReads } from './shared-reads.ts';
import { StreamCarrier } from './stream-carrier.ts';
import type { UpstreamPools } from './upstream-pools.ts';

/** What the connections of one listener share. */
export interface StreamHost {
  readonly requests: RequestHost;
  readonly style: AnswerStyle;
  readonly clientTimeouts: ListenerOptions['clientTimeouts'];
  readonly clock: CoarseClock;
  readonly pools: UpstreamPools;
  /** Plain connections read into one buffer (shared-reads.ts) */
  readonly sharedReads: boolean;
  /** Gives a connection to engine 2, with the bytes of a request that this one declines */
  readonly handOver: (socket: Socket, bytes: Buffer) => void;
  readonly draining: () => boolean;
  /** Of requests in flight: +1, -1 */
  readonly count: (change: 1 | -1) => void;
  /** The connection has ended, or is another engine's now */
  readonly forget: (connection: ClientConnection) => void;
}

/** Who takes the body of the request being served. */
export interface BodySink {
  /** The bytes are the sink's until it returns */
  data(bytes: Buffer, start: number, end: number): void;
  /** What has come so far has been given out; `done` = the body is whole */
  pumped(done: boolean): void;
  fault(fault: Fault): void;
}

/** The rest of a body whose request has its answer already may take this long. */
const LEFTOVER_MS = 30_000;
/** After the last answer: how long the client may take to close. What it still sends is not read as requests. */
const LINGER_MS = 2_000;
/** Bytes ahead of their turn beyond this are left in the kernel (invariant 9). */
const AHEAD_BYTES_MAX = 64 * 1024;

const EMPTY = Buffer.alloc(0);
const SERVED = new Set(['GET', 'POST', 'PUT', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS']);

const REFUSE_BODY: BodySink = { data: () => undefined, pumped: () => undefined, fault: () => undefined };

/**
 * A client's connection and where it is at: reading a head → serving that request (its body is read meanwhile) → the next head,
 * one request at a time; or ending. Refused is whatever `libs/http1` refuses; after that nothing is heard any more (RFC 9112 §9.6).
 */
export class ClientConnection {
  readonly socket: Socket;
  readonly host: StreamHost;
  readonly head = emptyHead();
  /** Holds the head of the request being served, up to `headEnd` */
  headBytes: Buffer = EMPTY;
  /** Number of that request on this connection */
  turn = 0;
  headEnd = 0;
  /** Received and not yet read, up to `heldEnd` */
  #held: Buffer | null = null;
  #heldEnd = 0;
  /** Where a head that came in one read is kept while its request is served */
  #headStore = EMPTY;
  #carrier: StreamCarrier | null = null;
  #body: BodyReader | null = null;
  #sink: BodySink | null = null;
  #ending = false;
  #handedOver = false;
  #paused = false;
  #reading = false;
  #headBegun = false;
  #deadlineMs: number;
  readonly #link: ClientLink;
  /** Host of the last request: almost always that of the next one too */
  #hostName = '';

  constructor(accepted: Socket, host: StreamHost) {
    const shares = host.sharedReads && !isEncrypted(accepted);
    const socket = shares ? withSharedReads(accepted, this.#onRead) : accepted;
    this.socket = socket;
    this.host = host;
    this.#link = { peer: socket.remoteAddress ?? '', encrypted: isEncrypted(socket), known: null };
    this.#deadlineMs = host.clock.nowMs + host.clientTimeouts.headMs;
    if (!shares) socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('error', ignore);
    socket.on('close', this.#onClose);
    if (shares) socket.resume();
  }

  get bodyDone(): boolean {
    return this.#body === null || this.#body.done;
  }

  /** From now on the request's body goes there, what has come already at once. */
  readBody(sink: BodySink): void {
    this.#sink = sink;
    this.#pumpHeld();
  }

  /** The body's reader is behind. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  /** The answer has left. */
  finished(close: boolean): void {
    this.#carrier = null;
    this.host.count(-1);
    if (this.socket.destroyed) return;
    if (close || this.host.draining()) return this.#end();
    this.#deadlineMs = this.host.clock.nowMs + this.host.clientTimeouts.idleMs;
    if (this.bodyDone) this.#next();
    else this.#skipBody();
  }

  /** Ends the connection if it waits for a request. */
  closeIfIdle(): void {
    if (this.#carrier === null && !this.#ending && !this.#headBegun) this.socket.destroy();
  }

  tick(nowMs: number): void {
    if (this.#carrier !== null) return this.#carrier.tick(nowMs);
    if (nowMs < this.#deadlineMs) return;
    if (this.#headBegun && !this.#ending) this.#refuse({ status: 408, reason: 'request too slow' });
    else this.socket.destroy();
  }

  /** The bytes are another connection's as soon as this returns. What comes at its turn is not copied, or into a place that is there. */
  readonly #onRead = (end: number): boolean => {
    // To another engine this is a socket like others.
    if (this.#handedOver) return this.socket.push(copyOf(RECEIVED, 0, end));
    if (this.#ending) return true;
    if (this.#held !== null) this.#onData(copyOf(RECEIVED, 0, end));
    else if (!this.bodyDone && this.#sink !== null) this.#pump(RECEIVED, end);
    else if (this.#carrier === null && this.bodyDone && end <= HEAD_BYTES_MAX) {
      if (this.#headStore.length < end) this.#headStore = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(Math.max(end, 512))));
      RECEIVED.copy(this.#headStore, 0, 0, end);
      this.#hold(this.#headStore, end);
      this.#next();
    } else this.#onData(copyOf(RECEIVED, 0, end));
    return true;
  };

  readonly #onData = (chunk: Buffer): void => {
    if (this.#ending) return;
    const held = this.#held;
    if (held === null) this.#hold(chunk, chunk.length);
    else this.#hold(Buffer.concat([held.subarray(0, this.#heldEnd), chunk]), this.#heldEnd + chunk.length);
    if (this.#carrier === null && this.bodyDone) {
      // A head is looked at again when one more of its lines has come.
      if (held === null || chunk.includes(0x0a) || this.#heldEnd > HEAD_BYTES_MAX) this.#next();
    } else if (this.#sink !== null && !this.bodyDone) this.#pumpHeld();
    else if (this.#heldEnd > AHEAD_BYTES_MAX) this.pause();
  };

  #hold(bytes: Buffer, end: number): void {
    this.#held = bytes;
    this.#heldEnd = end;
  }

  /** Keeps what is behind `at`, copied if the bytes are not this connection's for good. */
  #holdRest(bytes: Buffer, at: number, end: number): void {
    if (at >= end) this.#held = null;
    else if (bytes === RECEIVED || bytes === this.#headStore) this.#hold(copyOf(bytes, at, end), end - at);
    else this.#hold(bytes.subarray(at, end), end - at);
  }

  readonly #onEnd = (): void => {
    // Nobody would hear the end of a half-closed connection: it counts as left.
    this.socket.destroy();
  };

  readonly #onDrain = (): void => {
    this.#carrier?.onClientDrain();
  };

  readonly #onClose = (): void => {
    this.host.forget(this);
    this.#held = null;
    const carrier = this.#carrier;
    if (carrier === null) return;
    this.#carrier = null;
    this.host.count(-1);
    carrier.onClientGone();
  };

  /** Serves what is held, request after request; not recursive, however many came ahead. */
  #next(): void {
    if (this.#reading) return;
    this.#reading = true;
    while (this.#held !== null && this.#carrier === null && this.bodyDone && !this.#ending) if (!this.#readHead()) break;
    this.#reading = false;
    if (this.#held === null || this.#heldEnd <= AHEAD_BYTES_MAX) this.resume();
  }

  /** `false` = there is nothing more to read now */
  #readHead(): boolean {
    const { head } = this;
    const bytes = this.#held ?? EMPTY;
    const end = this.#heldEnd;
    const parsed = parseRequestHead(bytes, 0, end, head);
    if (parsed === 0) {
      this.#holdRest(bytes, 0, end);
      if (!this.#headBegun) this.#deadlineMs = this.host.clock.nowMs + this.host.clientTimeouts.headMs;
      this.#headBegun = true;
      return false;
    }
    this.#headBegun = false;
    if (typeof parsed !== 'number') {
      this.#refuse(parsed);
      return false;
    }
    if (head.minor === 0 || head.upgrade || !SERVED.has(head.method)) {
      this.#handOver(copyOf(bytes, 0, end));
      return false;
    }
    this.headBytes = bytes;
    this.turn += 1;
    this.headEnd = parsed;
    this.#holdRest(bytes, parsed, end);
    this.#body = head.chunked ? new ChunkedBody() : head.contentLength > 0 ? new CountedBody(head.contentLength) : null;
    this.#sink = null;
    this.#serve();
    return true;
  }

  #serve(): void {
    const { head, headBytes, host } = this;
    const target = parseTarget(headBytes.toString('latin1', head.targetStart, head.targetEnd));
    if (!fieldSays(headBytes, head, head.hostField, this.#hostName)) this.#hostName = fieldValue(headBytes, head, head.hostField);
    const hostName = this.#hostName;
    const opened = new OpenRequest({
      method: head.method,
      host: hostName,
      peer: this.#link.peer,
      presentedId: joinedValues(headBytes, head, 'x-request-id'),
    });
    const carrier = this.#carry(opened);
    if (target === null) return refuseRequest(opened, { status: 400, reason: 'malformed target' }, carrier);
    if (target.authority !== null && target.authority.toLowerCase() !== hostName.toLowerCase()) {
      return refuseRequest(opened, { status: 400, reason: 'target and Host disagree' }, carrier);
    }
    serveRequest(opened, { admitted: { target, host: hostName }, carrier, link: this.#link, upgrade: null, host: host.requests });
  }

  #carry(opened: OpenRequest): StreamCarrier {
    const carrier = new StreamCarrier(this, opened);
    this.#carrier = carrier;
    this.host.count(1);
    return carrier;
  }

  /** What is no request is answered, logged, and the last that is heard. */
  #refuse(fault: { readonly status: number; readonly reason: string }): void {
    this.#held = null;
    this.#body = null;
    this.head.close = true;
    this.head.method = '';
    const opened = new OpenRequest({ method: '', host: '', peer: this.#link.peer, presentedId: undefined });
    refuseRequest(opened, fault, this.#carry(opened));
  }

  #pumpHeld(): void {
    const held = this.#held;
    this.#held = null;
    this.#pump(held ?? EMPTY, held === null ? 0 : this.#heldEnd);
  }

  /** Gives the body in these bytes to its sink, and keeps what comes behind it. */
  #pump(bytes: Buffer, end: number): void {
    const body = this.#body;
    const sink = this.#sink;
    if (sink === null || body === null) return this.#holdRest(bytes, 0, end);
    let at = 0;
    while (at < end && !body.done && body.fault === null) {
      at = body.read(bytes, at, end);
      if (body.dataEnd > body.dataStart) sink.data(bytes, body.dataStart, body.dataEnd);
    }
    this.#holdRest(bytes, at, end);
    if (body.fault !== null) {
      this.#sink = REFUSE_BODY;
      this.#held = null;
      sink.fault(body.fault);
    } else sink.pumped(body.done);
  }

  /** Reads on to the end of a body that nobody wants any more. */
  #skipBody(): void {
    this.#deadlineMs = this.host.clock.nowMs + LEFTOVER_MS;
    this.resume();
    this.readBody({
      data: () => undefined,
      pumped: (done) => {
        if (done) this.#next();
      },
      fault: () => void this.socket.destroy(),
    });
  }

  #end(): void {
    this.#ending = true;
    this.#held = null;
    this.#deadlineMs = this.host.clock.nowMs + LINGER_MS;
    this.resume();
    this.socket.end();
  }

  #handOver(bytes: Buffer): void {
    const { socket } = this;
    this.#ending = this.#handedOver = true;
    this.#held = null;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain).off('close', this.#onClose);
    this.host.forget(this);
    this.host.handOver(socket, bytes);
    socket.off('error', ignore);
  }
}

function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  return Buffer.from(bytes.subarray(start, end));
}

function ignore(): void {
  // `close` follows, and says all there is to say.
}

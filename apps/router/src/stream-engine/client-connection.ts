import type { Socket } from 'node:net';

import { ChunkedBody, emptyHead, type Fault, HEAD_BYTES_MAX, parseRequestHead } from '@tidegate/http1';

import type { AnswerStyle } from '../exchange/send-answer.ts';
import type { ClientLink } from '../listener/client-address.ts';
import { isEncrypted } from '../listener/is-encrypted.ts';
import { parseTarget } from '../listener/request-target.ts';
import { OpenRequest } from '../listener/open-request.ts';
import { refuseRequest, type RequestHost, serveRequest } from '../listener/serve-request.ts';
import { type BodyReader, CountedBody } from './body-reader.ts';
import type { CoarseClock } from './clock.ts';
import { fieldSays, fieldValue, joinedValues } from './field-bytes.ts';
import { StreamCarrier } from './stream-carrier.ts';
import type { UpstreamPools } from './upstream-pools.ts';

/** What the connections of one listener share. */
export interface StreamHost {
  readonly requests: RequestHost;
  readonly style: AnswerStyle;
  readonly clock: CoarseClock;
  readonly pools: UpstreamPools;
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
  data(bytes: Buffer, start: number, end: number): void;
  /** What has come so far has been given out; `done` = the body is whole */
  pumped(done: boolean): void;
  fault(fault: Fault): void;
}

/** A request head has this long from its first byte on; so has a new connection to send one. */
const HEAD_MS = 60_000;
/** Between requests: longer than the usual 60 s of balancers in front, so that they are the ones who close. */
const KEEP_ALIVE_MS = 65_000;
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
  headEnd = 0;
  /** Received and not yet read */
  #held: Buffer | null = null;
  #carrier: StreamCarrier | null = null;
  #body: BodyReader | null = null;
  #sink: BodySink | null = null;
  #ending = false;
  #paused = false;
  #reading = false;
  #headBegun = false;
  #deadlineMs: number;
  readonly #link: ClientLink;
  /** Host of the last request: almost always that of the next one too */
  #hostName = '';

  constructor(socket: Socket, host: StreamHost) {
    this.socket = socket;
    this.host = host;
    this.#link = { peer: socket.remoteAddress ?? '', encrypted: isEncrypted(socket), known: null };
    this.#deadlineMs = host.clock.nowMs + HEAD_MS;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('error', ignore);
    socket.on('close', this.#onClose);
  }

  get bodyDone(): boolean {
    return this.#body === null || this.#body.done;
  }

  /** From now on the request's body goes there, what has come already at once. */
  readBody(sink: BodySink): void {
    this.#sink = sink;
    this.#pump();
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
    this.#deadlineMs = this.host.clock.nowMs + KEEP_ALIVE_MS;
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

  readonly #onData = (chunk: Buffer): void => {
    if (this.#ending) return;
    const held = this.#held;
    this.#held = held === null ? chunk : Buffer.concat([held, chunk]);
    if (this.#carrier === null && this.bodyDone) {
      // A head is looked at again when one more of its lines has come.
      if (held === null || chunk.includes(0x0a) || this.#held.length > HEAD_BYTES_MAX) this.#next();
    } else if (this.#sink !== null && !this.bodyDone) this.#pump();
    else if (this.#held.length > AHEAD_BYTES_MAX) this.pause();
  };

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
    if (this.#held === null || this.#held.length <= AHEAD_BYTES_MAX) this.resume();
  }

  /** `false` = there is nothing more to read now */
  #readHead(): boolean {
    const { head } = this;
    const bytes = this.#held ?? EMPTY;
    const parsed = parseRequestHead(bytes, 0, bytes.length, head);
    if (parsed === 0) {
      if (!this.#headBegun) this.#deadlineMs = this.host.clock.nowMs + HEAD_MS;
      this.#headBegun = true;
      return false;
    }
    this.#headBegun = false;
    if (typeof parsed !== 'number') {
      this.#refuse(parsed);
      return false;
    }
    if (head.minor === 0 || head.upgrade || !SERVED.has(head.method)) {
      this.#handOver(bytes);
      return false;
    }
    this.headBytes = bytes;
    this.headEnd = parsed;
    this.#held = parsed < bytes.length ? bytes.subarray(parsed) : null;
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

  #pump(): void {
    const body = this.#body;
    const sink = this.#sink;
    const bytes = this.#held;
    if (sink === null || body === null) return;
    if (bytes !== null) {
      let at = 0;
      while (at < bytes.length && !body.done && body.fault === null) {
        at = body.read(bytes, at, bytes.length);
        if (body.dataEnd > body.dataStart) sink.data(bytes, body.dataStart, body.dataEnd);
      }
      this.#held = at < bytes.length ? bytes.subarray(at) : null;
    }
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
    this.#ending = true;
    this.#held = null;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain).off('close', this.#onClose);
    this.host.forget(this);
    this.host.handOver(socket, bytes);
    socket.off('error', ignore);
  }
}

function ignore(): void {
  // `close` follows, and says all there is to say.
}

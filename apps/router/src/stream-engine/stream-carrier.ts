import type { AnswerTap, ImmediateResponse } from '@tidegate/policy-sdk';
import { ChunkedBody, type Fault, type Head, parseResponseHead } from '@tidegate/http1';

import type { AnswerView } from '../exchange/answer-view.ts';
import type { AddedHeaders, CarriedAnswer, CarriedOutcome, Carrier, Forwarding, OutcomeSink } from '../exchange/carrier.ts';
import { elapsedMs } from '../exchange/elapsed.ts';
import { answerHasBody, type WholeBody } from '../exchange/whole-body.ts';
import type { OpenRequest } from '../listener/open-request.ts';
import { closeRequest } from '../listener/serve-request.ts';
import { type AnswerEnd, type AnswerFraming, putOwnHead, putPassedHead } from './answer-bytes.ts';
import { type BodyReader, CountedBody } from './body-reader.ts';
import type { BodySink, ClientConnection } from './client-connection.ts';
import { Deadlines } from './deadlines.ts';
import { joinedValues, rawFields } from './field-bytes.ts';
import { HeldAnswer } from './held-answer.ts';
import { ReceivedAnswer } from './received-answer.ts';
import { takeRetry } from '../upstream/endpoint-load.ts';
import { isRepeatable } from '../upstream/upstream-engine.ts';
import { putRequestHead } from './request-bytes.ts';
import { flush, putBytes, putPiece, putText, roomLeft, scratch } from './scratch.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';
import { WholeRequestBody } from './whole-request-body.ts';

/** Interim answers (1xx) before the one that counts. */
const INTERIM_MAX = 100;
const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');
const EMPTY = Buffer.alloc(0);
const NONE: readonly never[] = [];

/**
 * Carries one exchange on sockets. In this order: the request goes up (head and first body bytes in one write), its body follows
 * as the upstream takes it, the answer's head comes back, its body follows as the client takes it; then both connections are
 * free. Whatever breaks is told once: by the outcome of `forward` before the answer has begun, by cutting the client after.
 */
export class StreamCarrier implements Carrier, UpstreamUser, BodySink {
  readonly #client: ClientConnection;
  readonly #opened: OpenRequest;
  readonly #turn: number;
  readonly hasBody: boolean;
  #status = 0;
  #complete = false;
  #gone = false;
  #close: boolean;
  #invited = false;

  #call: Forwarding | null = null;
  #sink: OutcomeSink | null = null;
  #upstream: UpstreamConnection | null = null;
  #retried = false;
  #uploadChunked = false;
  #requestSent = false;

  #partial: Buffer | null = null;
  #interims = 0;
  #reader: BodyReader | null = null;
  #answerChunked = false;
  /** Content-Length as the upstream said it, or -1 */
  #length = -1;
  #keepUpstream = false;
  /** The answer waits here; `null` = it goes to the client as it comes */
  #held: HeldAnswer | null = null;
  #answerBroken = false;
  #tap: AnswerTap | null = null;

  readonly #deadlines = new Deadlines();
  /** A policy waits for the request's body */
  #wholeBody: WholeRequestBody | null = null;

  constructor(client: ClientConnection, opened: OpenRequest) {
    this.#client = client;
    this.#opened = opened;
    this.#turn = client.turn;
    this.hasBody = !client.bodyDone;
    this.#close = client.head.close;
  }

  get gone(): boolean {
    return this.#gone;
  }

  header(name: string): string | undefined {
    const { headBytes, head, turn } = this.#client;
    // A policy that asks when the connection's next request is being served gets nothing of that one.
    return turn === this.#turn ? joinedValues(headBytes, head, name) : undefined;
  }

  rawHeaders(): readonly string[] {
    const { headBytes, head, turn } = this.#client;
    return turn === this.#turn ? rawFields(headBytes, head) : NONE;
  }

  // ---- the client's body, for policies

  readBody(bounds: { bytesMax: number; idleMs: number }): Promise<WholeBody> {
    this.#invite();
    return new Promise((resolve) => {
      this.#wholeBody = new WholeRequestBody(this.#client, { ...bounds, resolve, onFault: (fault) => this.#refuse(fault) });
      this.#client.readBody(this.#wholeBody);
    });
  }

  #invite(): void {
    if (this.#invited || !this.hasBody || !this.#client.head.expectsContinue) return;
    this.#invited = true;
    this.#client.socket.write(CONTINUE);
  }

  /** The body of the request being served is broken. */
  #refuse({ status, reason }: Fault): void {
    this.#opened.refusal = reason;
    this.#dropUpstream();
    if (this.#status !== 0) this.destroy();
    else this.sendImmediate({ status, headers: [['connection', 'close']], body: '' }, null);
    this.#finish({ is: 'delivered' });
  }

  // ---- upstream

  forward(call: Forwarding): Promise<CarriedOutcome> {
    return new Promise((resolve) => this.passOn(call, { settled: resolve }));
  }

  passOn(call: Forwarding, sink: OutcomeSink): void {
    if (this.#call !== null) this.#forgetAnswer();
    this.#call = call;
    this.#sink = sink;
    if (this.#gone) this.#finish({ is: 'client-gone' });
    else this.#send(call, false);
  }

  /** The request goes up another time: as if it were the first. */
  #forgetAnswer(): void {
    this.#dropUpstream();
    this.#retried = this.#requestSent = this.#answerBroken = false;
    this.#partial = this.#reader = null;
    this.#interims = 0;
    this.#held = null;
  }

  #send(call: Forwarding, fresh: boolean): void {
    const client = this.#client;
    const { body } = call;
    scratch.at = 0;
    this.#uploadChunked = body.is === 'streamed' && client.head.chunked;
    putRequestHead(call, { bytes: client.headBytes, head: client.head, end: client.headEnd });
    this.#touch();
    if (body.is === 'streamed') {
      this.#invite();
      client.readBody(this);
      return;
    }
    this.#open(call, fresh);
    const { socket } = this.#upstream as UpstreamConnection;
    if (body.is === 'whole' && body.bytes.byteLength <= roomLeft()) {
      putBytes(Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength), 0, body.bytes.byteLength);
      flush(socket);
    } else {
      flush(socket);
      if (body.is === 'whole') socket.write(body.bytes);
    }
    this.#sent();
  }

  #open(call: Forwarding, fresh: boolean): void {
    const upstream = this.#client.host.pools.take(call.endpoint, this, fresh);
    this.#upstream = upstream;
    if (!upstream.reused) this.#deadlines.connecting(this.#nowMs(), call.timeouts.connectMs);
  }

  #sent(): void {
    this.#requestSent = true;
    this.#deadlines.sent(this.#nowMs(), this.#call?.timeouts.routeMs ?? 0);
  }

  // ---- the request's body on its way up. Its first pieces are looked at before an upstream hears of the request.

  data(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end;) {
      const stop = Math.min(end, at + Math.max(roomLeft(), 0));
      if (stop - at > 0 && (stop === end || stop - at > 1024)) {
        putPiece(bytes, at, stop, this.#uploadChunked);
        at = stop;
      } else this.#flushUpload();
    }
  }

  pumped(done: boolean): void {
    if (this.#call === null || this.#answerBroken) return;
    if (done && this.#uploadChunked) putText('0\r\n\r\n');
    this.#flushUpload();
    if (this.#upstream === null) return;
    this.#touch();
    if (done) this.#sent();
  }

  fault(fault: Fault): void {
    scratch.at = 0;
    this.#refuse(fault);
  }

  #flushUpload(): void {
    if (this.#upstream === null) {
      if (this.#call === null || this.#sink === null) {
        scratch.at = 0;
        return;
      }
      this.#open(this.#call, false);
    }
    if (this.#upstream !== null && !flush(this.#upstream.socket)) this.#client.pause();
  }

  onUpstreamDrain(): void {
    this.#client.resume();
  }

  onClientDrain(): void {
    this.#touch();
    this.#upstream?.socket.resume();
  }

  onUpstreamBytes(bytes: Buffer, end: number): void {
    this.#touch();
    if (this.#reader === null) this.#readHead(bytes, end);
    else {
      scratch.at = 0;
      this.#readAnswer(bytes, 0, end);
    }
  }

  #readHead(received: Buffer, receivedEnd: number): void {
    const upstream = this.#upstream as UpstreamConnection;
    const { head } = upstream;
    const bytes = this.#partial === null ? received : Buffer.concat([this.#partial, received.subarray(0, receivedEnd)]);
    const end = this.#partial === null ? receivedEnd : bytes.length;
    this.#partial = null;
    let at = 0;
    while (at < end) {
      const parsed = parseResponseHead(bytes, at, end, head);
      if (typeof parsed !== 'number') return this.#broken('answer_malformed');
      if (parsed === 0) {
        this.#partial = Buffer.from(bytes.subarray(at, end));
        return;
      }
      if (head.status >= 200) return this.#answered(head, { bytes, bodyStart: parsed, end });
      if (head.status === 101 || ++this.#interims > INTERIM_MAX) return this.#broken('answer_upgrade');
      at = parsed;
    }
  }

  #answered(head: Head, { bytes, bodyStart, end }: { bytes: Buffer; bodyStart: number; end: number }): void {
    const call = this.#call as Forwarding;
    this.#deadlines.connected();
    this.#opened.upstreamMs = elapsedMs(call.askedMs);
    this.#keepUpstream = head.minor === 1 ? !head.close : head.keepAlive;
    const bodiless = !answerHasBody(call.method, head.status);
    this.#length = head.status === 204 ? -1 : head.contentLength;
    if (bodiless) this.#reader = new CountedBody(0);
    else if (head.chunked) this.#reader = new ChunkedBody();
    else this.#reader = new CountedBody(head.contentLength < 0 ? Infinity : head.contentLength);
    this.#answerChunked = !bodiless && head.contentLength < 0;
    if (!bodiless && head.contentLength < 0 && !head.chunked) this.#keepUpstream = false;
    scratch.at = 0;
    const view = call.passOn && this.#sink?.looks !== true ? null : new ReceivedAnswer(bytes, head);
    const goesOn = call.passOn && (view === null || this.#sink?.answering?.(view) === true);
    const edit = view === null ? { without: NONE, added: call.exchange.addedHeaders ?? NONE } : view.edit;
    if (goesOn && edit !== null) {
      this.#status = head.status;
      this.#closeIfDraining();
      putPassedHead(bytes, head, bodyStart, { framing: this.#answerFraming(), edit, end: this.#answerEnd() });
      view?.expire();
      this.#readAnswer(bytes, bodyStart, end);
      this.#finish({ is: 'delivered' });
    } else {
      this.#held = new HeldAnswer();
      const listed = (view as ReceivedAnswer).list();
      this.#readAnswer(bytes, bodyStart, end);
      this.#finish({ is: 'answered', answer: this.#carried(listed) });
    }
  }

  /** Gives the answer's bytes their way, and ends what has come to its end. */
  #readAnswer(bytes: Buffer, start: number, end: number): void {
    const reader = this.#reader as BodyReader;
    let at = start;
    while (at < end && !reader.done && reader.fault === null) {
      at = reader.read(bytes, at, end);
      if (reader.dataEnd > reader.dataStart) this.#takeData(bytes, reader.dataStart, reader.dataEnd);
    }
    if (reader.fault !== null) return this.#cutAnswer();
    if (reader.done) this.#release(at < end);
    if (this.#held === null) return this.#passOn(reader.done);
    this.#held.settle(reader.done ? 'whole' : 'open');
    if (this.#held.full) this.#upstream?.socket.pause();
  }

  #takeData(bytes: Buffer, start: number, end: number): void {
    if (this.#held !== null) return this.#held.add(bytes, start, end);
    this.#tap?.data(bytes.subarray(start, end));
    if (end - start > roomLeft()) this.#passOn(false);
    putPiece(bytes, start, end, this.#answerChunked);
  }

  /** Sends what was composed; `done` = the answer is whole */
  #passOn(done: boolean): void {
    const { socket } = this.#client;
    if (done && this.#answerChunked) putText('0\r\n\r\n');
    if (done) this.#tap?.end(true);
    if (!flush(socket) && !done) this.#upstream?.socket.pause();
    if (done) this.#answerSent();
  }

  onUpstreamEnd(): void {
    if (this.#reader !== null && !this.#reader.done && this.#reader instanceof CountedBody && this.#answerChunked) {
      this.#reader.done = true;
      scratch.at = 0;
      this.#release(true);
      if (this.#held === null) this.#passOn(true);
      else this.#held.settle('whole');
      return;
    }
    this.#upstream?.socket.destroy();
  }

  onUpstreamClose(error: NodeJS.ErrnoException | null): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    this.#upstream = null;
    this.#client.host.pools.drop(upstream);
    if (this.#reader !== null) return this.#cutAnswer();
    const call = this.#call as Forwarding;
    const retry = upstream.reused && !this.#retried && this.#partial === null && this.#interims === 0;
    if (retry && isRepeatable(call) && takeRetry(upstream.endpoint.load)) {
      // The upstream closed an idle connection while we took it from the pool: it has seen nothing of this request.
      this.#retried = true;
      return this.#send(call, true);
    }
    const cause = error?.code ?? error?.message ?? 'closed';
    this.#fail(upstream.connected ? 'broken' : 'unreachable', cause);
  }

  /** An answer that cannot be read to its end. */
  #cutAnswer(): void {
    scratch.at = 0;
    this.#dropUpstream();
    this.#answerBroken = true;
    this.#tap?.end(false);
    if (this.#held === null) this.destroy();
    else this.#held.settle('broken');
  }

  #broken(cause: string): void {
    this.#dropUpstream();
    this.#fail('broken', cause);
  }

  #fail(failure: 'unreachable' | 'broken' | 'timeout', cause: string): void {
    this.#dropUpstream();
    this.#finish({ is: 'failed', failure, cause });
  }

  #dropUpstream(): void {
    const upstream = this.#upstream;
    this.#upstream = null;
    this.#deadlines.stop();
    if (upstream !== null) this.#client.host.pools.drop(upstream);
  }

  /** The answer has been read; `surplus` = something stands behind it. */
  #release(surplus: boolean): void {
    const upstream = this.#upstream;
    this.#upstream = null;
    this.#deadlines.stop();
    if (upstream === null) return;
    if (surplus || !this.#keepUpstream || !this.#requestSent || upstream.socket.writableLength > 0) {
      this.#client.host.pools.drop(upstream);
    } else this.#client.host.pools.giveBack(upstream);
  }

  #finish(outcome: CarriedOutcome): void {
    const sink = this.#sink;
    this.#sink = null;
    sink?.settled(outcome);
  }

  // ---- the answer

  #carried(view: AnswerView): CarriedAnswer {
    const isBroken = (): boolean => this.#answerBroken;
    const carried: CarriedAnswer = {
      view,
      tap: null,
      get destroyed() {
        return isBroken();
      },
      switches: false,
      readWhole: (bytesMax) =>
        new Promise((resolve) => {
          this.#held?.want(bytesMax, resolve);
          this.#upstream?.socket.resume();
          this.#held?.settle(this.#answerBroken ? 'broken' : this.#reader?.done === true ? 'whole' : 'open');
        }),
      ignore: () => this.#dropUpstream(),
      destroy: () => this.#dropUpstream(),
      stream: (passed) => {
        this.#tap = carried.tap;
        this.#stream(passed);
      },
    };
    return carried;
  }

  #stream(view: AnswerView): void {
    const reader = this.#reader as BodyReader;
    scratch.at = 0;
    this.#closeIfDraining();
    putOwnHead({
      status: view.status,
      statusText: view.statusText,
      rawHeaders: view.rawHeaders,
      length: this.#answerLength(),
      framing: this.#answerFraming(),
      end: this.#answerEnd(),
    });
    this.#status = view.status;
    const pieces = this.#held?.take() ?? NONE;
    this.#held = null;
    for (const piece of pieces) this.#takeData(piece, 0, piece.length);
    this.#passOn(reader.done);
    if (!reader.done && this.#client.socket.writableLength === 0) this.#upstream?.socket.resume();
  }

  /** As the upstream said it; `null` = it did not, or the answer is chunked */
  #answerLength(): string | null {
    return this.#length < 0 ? null : String(this.#length);
  }

  #answerFraming(): AnswerFraming {
    return this.#answerChunked ? 'chunked' : 'as-said';
  }

  #answerEnd(): AnswerEnd {
    const { style, clock } = this.#client.host;
    return { serverHeader: style.serverHeader, date: clock.date, close: this.#close };
  }

  #closeIfDraining(): void {
    if (this.#client.host.style.closing()) this.#close = true;
  }

  sendImmediate({ status, headers, body: given }: ImmediateResponse, added: AddedHeaders): void {
    const body = typeof given === 'string' ? Buffer.from(given) : Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    if (headers.some(([name, value]) => name.toLowerCase() === 'connection' && value.toLowerCase() === 'close'))
      this.#close = true;
    this.#sendWhole({ status, statusText: undefined, rawHeaders: [...headers, ...(added ?? [])].flat() }, body);
  }

  sendBuffered(view: AnswerView, body: Uint8Array | null): void {
    this.#sendWhole(view, body === null ? null : Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  }

  #sendWhole(answer: Pick<AnswerView, 'status' | 'statusText' | 'rawHeaders'>, body: Buffer | null): void {
    if (this.#status !== 0 || this.#gone || this.#complete) return;
    const { socket, head } = this.#client;
    const { status, statusText, rawHeaders } = answer;
    this.#closeIfDraining();
    scratch.at = 0;
    const hasBody = answerHasBody(head.method, status);
    const length = status === 204 || status === 304 ? null : body === null ? this.#answerLength() : String(body.length);
    putOwnHead({ status, statusText, rawHeaders, length, framing: 'as-said', end: this.#answerEnd() });
    this.#dropUpstream();
    this.#status = status;
    const sent = hasBody && body !== null ? body : EMPTY;
    if (sent.length <= roomLeft()) {
      putBytes(sent, 0, sent.length);
      flush(socket);
    } else {
      flush(socket);
      socket.write(sent);
    }
    this.#answerSent();
  }

  /** Everything has been written; it counts as answered when the kernel has it. */
  #answerSent(): void {
    const { socket } = this.#client;
    if (socket.writableLength === 0) this.#end();
    else {
      this.#touch();
      socket.write(EMPTY, (error) => {
        if (!error) this.#end();
      });
    }
  }

  #end(): void {
    if (this.#complete || this.#gone) return;
    this.#complete = true;
    this.#deadlines.stop();
    this.#report(false);
    this.#client.finished(this.#close);
  }

  onClientGone(): void {
    if (this.#complete) return;
    this.#gone = true;
    this.#dropUpstream();
    this.#tap?.end(false);
    this.#wholeBody?.cut();
    this.#answerBroken = true;
    this.#held?.settle('broken');
    this.#finish({ is: 'client-gone' });
    // Its place is free from now on; the report waits for what runs for this exchange to say why.
    this.#opened.release();
    setImmediate(() => this.#report(true));
  }

  destroy(): void {
    this.#client.socket.destroy();
  }

  #report(aborted: boolean): void {
    closeRequest(this.#opened, { status: this.#status, aborted }, this.#client.host.requests);
  }

  // ---- time

  #nowMs(): number {
    return this.#client.host.clock.nowMs;
  }

  #touch(): void {
    this.#deadlines.touch(this.#nowMs(), this.#call?.timeouts.idleMs ?? 0);
  }

  tick(nowMs: number): void {
    this.#wholeBody?.tick(nowMs);
    if (this.#upstream?.connected === true) this.#deadlines.connected();
    const expired = this.#deadlines.expired(nowMs);
    if (expired === 'connect') return this.#fail('unreachable', 'connect_timeout');
    if (expired === null) return;
    if (this.#reader === null && this.#sink !== null) this.#fail('timeout', `${expired}_timeout`);
    else if (this.#reader !== null && this.#upstream !== null) this.#cutAnswer();
    else this.destroy();
  }
}

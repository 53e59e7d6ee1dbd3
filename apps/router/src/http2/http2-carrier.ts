import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { IncomingMessage } from 'node:http';

import type { CarriedAnswer, CarriedOutcome, Carrier } from '../exchange/carrier.ts';
import { viewOf } from '../exchange/node-carrier.ts';
import { pairs } from '../exchange/running-exchange.ts';
import type { AnswerStyle } from '../exchange/send-answer.ts';
import { upstreamHeaders } from '../exchange/upstream-headers.ts';
import { answerHasBody, readWhole } from '../exchange/whole-body.ts';
import { askUpstream } from '../upstream/ask-upstream.ts';
import type { Http2Request } from './read-request.ts';

export interface Http2CarrierOptions {
  readonly stream: ServerHttp2Stream;
  readonly request: Http2Request;
  readonly style: AnswerStyle;
}

/** One stream of an HTTP/2 connection towards the client, node:http towards the upstream. */
export function http2Carrier({ stream, request, style }: Http2CarrierOptions): Carrier {
  const { rawHeaders, method } = request;
  const gone = (): boolean => stream.destroyed || stream.closed;
  let invited = false;
  const invite = (): void => {
    if (invited || !request.expectsContinue || gone()) return;
    invited = true;
    stream.additionalHeaders({ ':status': 100 });
  };
  const begin = (head: Head, endStream: boolean): void => stream.respond(fieldsOf(head, style), { endStream });
  const sendWhole = (head: Head, body: Uint8Array | null): void => {
    if (stream.headersSent || gone()) return;
    const hasBody = body !== null && body.byteLength > 0 && answerHasBody(method, head.status);
    begin(head, !hasBody);
    if (hasBody) stream.end(body);
  };

  return {
    header: (name) => joinedOf(rawHeaders, name),
    rawHeaders: () => rawHeaders,
    hasBody: !stream.endAfterHeaders,
    get gone() {
      return gone();
    },
    readBody(bounds) {
      invite();
      return readWhole(stream, bounds);
    },
    async forward(call): Promise<CarriedOutcome> {
      if (call.body.is === 'streamed') invite();
      const ask = {
        ...call,
        headers: upstreamHeaders(call, { connection: undefined, rawHeaders }),
        contentLength: request.contentLength,
        whenGone: (listener: () => void) => void stream.once('close', listener),
      };
      const outcome = await askUpstream(ask, stream);
      // Nobody asks for another protocol here: openCall has refused such an answer.
      if (outcome.is === 'switched') return { is: 'failed', failure: 'broken', cause: 'answer_upgrade' };
      if (outcome.is !== 'answered') return outcome;
      return { is: 'answered', answer: carriedAnswer(outcome.answer, { stream, begin, method }) };
    },
    passOn: null,
    sendImmediate({ status, headers, body }, added) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      const length = status === 204 || status === 304 ? [] : ['content-length', String(bytes.byteLength)];
      sendWhole({ status, rawHeaders: [...[...headers, ...(added ?? [])].flat(), ...length] }, bytes);
    },
    sendBuffered(view, body) {
      if (body !== null) view.setHeader('content-length', String(body.byteLength));
      sendWhole(view, body);
    },
    destroy: () => cut(stream),
  };
}

interface Head {
  readonly status: number;
  /** Flat name, value, name, value */
  readonly rawHeaders: readonly string[];
}

interface Client {
  readonly stream: ServerHttp2Stream;
  readonly begin: (head: Head, endStream: boolean) => void;
  readonly method: string;
}

function carriedAnswer(message: IncomingMessage, { stream, begin, method }: Client): CarriedAnswer {
  const answer: CarriedAnswer = {
    view: viewOf(message),
    tap: null,
    get destroyed() {
      return message.destroyed;
    },
    switches: false,
    readWhole: (bytesMax) => readWhole(message, { bytesMax, idleMs: 0 }),
    ignore: () => void message.resume(),
    destroy: () => void message.destroy(),
    stream(view) {
      const { tap } = answer;
      const hasBody = answerHasBody(method, view.status);
      begin(view, !hasBody);
      message.on('error', () => undefined);
      message.once('close', () => {
        tap?.end(message.readableEnded);
        // A cut-off body must not look complete.
        if (!message.readableEnded) cut(stream);
      });
      if (tap !== null) message.on('data', (chunk: Buffer) => tap.data(chunk));
      if (hasBody) message.pipe(stream);
      else message.resume();
    },
  };
  return answer;
}

/** Resets the stream. Not `close`, which ends it first: a cut-off answer without a length would look whole. */
function cut(stream: ServerHttp2Stream): void {
  stream.destroy(new Error('cut'));
}

/** RFC 9113 §8.2.2: fields that are about a connection have no place here, whoever set them. */
const OF_ONE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** Throws, in `respond`, for what cannot be sent. */
function fieldsOf({ status, rawHeaders }: Head, { serverHeader }: AnswerStyle): OutgoingHttpHeaders {
  // Without a prototype: a field may be named like what an object inherits ("constructor").
  const fields = Object.assign(Object.create(null) as OutgoingHttpHeaders, { ':status': status, server: serverHeader });
  for (const [name, value] of pairs(rawHeaders)) {
    if (OF_ONE_CONNECTION.has(name)) continue;
    const before = fields[name];
    // Set-Cookie is the one field whose values cannot be put together (RFC 9110 §5.3).
    if (name === 'set-cookie') fields[name] = [...(Array.isArray(before) ? before : []), value];
    else fields[name] = before === undefined || name === 'server' ? value : `${String(before)}, ${value}`;
  }
  return fields;
}

function joinedOf(rawHeaders: readonly string[], wanted: string): string | undefined {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1] === wanted);
  return values.length === 0 ? undefined : values.join(', ');
}

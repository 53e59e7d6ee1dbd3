import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { UpstreamEngine, UpstreamOutcome } from '../upstream/upstream-engine.ts';
import { type AnswerView, answerView, endToEndHeaders } from './answer-view.ts';
import type { CarriedAnswer, CarriedOutcome, Carrier } from './carrier.ts';
import { type AnswerStyle, sendBuffered, sendImmediate, sendStreaming, sendSwitch } from './send-answer.ts';
import { openTunnel, type TunnelBytes } from './tunnel.ts';
import { upstreamHeaders } from './upstream-headers.ts';
import { hasBody, inviteBody, readWhole } from './whole-body.ts';

export interface NodeCarrierOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly engine: UpstreamEngine;
  readonly style: AnswerStyle;
  /** The client asks for another protocol; `null` = it does not */
  readonly switching: Switching | null;
}

/** A client's connection that may become a tunnel: node:http has let go of it. */
export interface Switching {
  readonly socket: Socket;
  /** Received behind the request */
  readonly ahead: Buffer;
  /** Told when the tunnel has ended */
  readonly onTunnel: (bytes: TunnelBytes) => void;
}

/** Engine 2: node:http towards the client, http-proxy-3 towards the upstream. */
export function nodeCarrier({ request, response, engine, style, switching }: NodeCarrierOptions): Carrier {
  // Kept beside the request, whose own headers are replaced by those that go upstream.
  const { headers } = request;
  return {
    header: (name) => headerOf(headers, name),
    rawHeaders: () => request.rawHeaders,
    hasBody: hasBody(request),
    get gone() {
      return response.destroyed;
    },
    readBody(bounds) {
      inviteBody({ request, response });
      return readWhole(request, bounds);
    },
    async forward(call): Promise<CarriedOutcome> {
      if (call.body.is === 'streamed') inviteBody({ request, response });
      const outcome = await engine.forward({
        ...call,
        request,
        response,
        headers: upstreamHeaders(call, { connection: headers.connection, rawHeaders: request.rawHeaders }),
        contentLength: headers['content-length'],
        whenGone: (listener) => void response.once('close', listener),
      });
      if (outcome.is === 'switched') {
        const { idleMs } = call.timeouts;
        return { is: 'answered', answer: switchedAnswer(outcome, { response, style, switching, idleMs }) };
      }
      if (outcome.is !== 'answered') return outcome;
      return { is: 'answered', answer: carriedAnswer(outcome.answer, { response, style }) };
    },
    passOn: null,
    sendImmediate: (answer, added) => sendImmediate(response, answer, { style, added }),
    sendBuffered: (view, body) => sendBuffered(response, view, { body, style }),
    destroy: () => void response.destroy(),
  };
}

/** By lower-case name, several values joined; never what the header object inherits. */
export function headerOf(headers: IncomingMessage['headers'], name: string): string | undefined {
  const value = headers[name];
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(', ') : undefined;
}

function carriedAnswer(
  message: IncomingMessage,
  { response, style }: Pick<NodeCarrierOptions, 'response' | 'style'>,
): CarriedAnswer {
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
    stream: (view) => sendStreaming(response, view, { body: message, style, tap: answer.tap }),
  };
  return answer;
}

type Switched = Extract<UpstreamOutcome, { is: 'switched' }>;
type Client = Pick<NodeCarrierOptions, 'response' | 'style' | 'switching'> & { readonly idleMs: number };

/** The upstream has switched. Nothing has been read from it but what came ahead; nobody but `stream` does. */
function switchedAnswer({ answer, socket, ahead }: Switched, { response, style, switching, idleMs }: Client): CarriedAnswer {
  // The client may leave while policies look at the answer.
  const letGo = (): void => void socket.destroy();
  response.once('close', letGo);
  socket.on('error', () => undefined);
  const carried: CarriedAnswer = {
    view: viewOf(answer),
    tap: null,
    get destroyed() {
      return socket.destroyed;
    },
    switches: true,
    readWhole: () => Promise.resolve({ is: 'cut' }),
    ignore: letGo,
    destroy: letGo,
    stream(view) {
      if (switching === null) throw new Error('a connection that cannot switch protocols was to be switched');
      sendSwitch(response, view, { protocol: String(answer.headers.upgrade), style });
      const ends = { client: switching.socket, upstream: socket, ahead: { up: switching.ahead, down: ahead }, idleMs };
      openTunnel(ends, switching.onTunnel);
      carried.tap?.end(false);
    },
  };
  return carried;
}

/** Of an upstream's answer as node:http read it. */
export function viewOf(message: IncomingMessage): AnswerView {
  const rawHeaders = endToEndHeaders(message.rawHeaders, message.headers.connection);
  const view = answerView(message.statusCode ?? 502, rawHeaders, message.statusMessage);
  // Must not be there (RFC 9110 §8.6), and a client that believed it would wait for a body.
  if (view.status === 204) view.removeHeader('content-length');
  return view;
}

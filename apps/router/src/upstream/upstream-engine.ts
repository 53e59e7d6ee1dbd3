import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { Endpoint } from './endpoints.ts';

/**
 * The seam between an exchange and what carries it upstream. The engine behind it never answers the client: it says what the
 * upstream answered or how it failed.
 */
export interface UpstreamEngine {
  /** Resolves once, never rejects. The client going away ends the call and its upstream connection. */
  forward(call: UpstreamCall): Promise<UpstreamOutcome>;
}

/** What is asked of an upstream, wherever the request came from. */
export interface UpstreamAsk {
  readonly endpoint: Endpoint;
  readonly method: string;
  /** Path and query, sent byte for byte */
  readonly target: string;
  /** Without framing, which follows from the body */
  readonly headers: OutgoingHttpHeaders;
  readonly body: UpstreamBody;
  /** Protocol to ask for with Upgrade; `null` = none */
  readonly upgrade: string | null;
  readonly timeouts: UpstreamTimeouts;
  /** Of the client's request as received */
  readonly contentLength: string | undefined;
  /** Calls this once when the client has gone or has its whole answer */
  readonly whenGone: (listener: () => void) => void;
}

export interface UpstreamCall extends UpstreamAsk {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** May go once more where an upstream closed: asked twice it is the same (RFC 9110 §9.2.2), and no body has gone. */
export function isRepeatable({ method, body }: Pick<UpstreamAsk, 'method' | 'body'>): boolean {
  return body.is === 'none' && IDEMPOTENT.has(method);
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export type UpstreamBody =
  | { readonly is: 'none' }
  /** The request's own, passed on as it comes */
  | { readonly is: 'streamed' }
  | { readonly is: 'whole'; readonly bytes: Uint8Array };

/** ms; 0 = no bound */
export interface UpstreamTimeouts {
  /** TCP and TLS handshake */
  readonly connectMs: number;
  /** From the end of the request to the end of the answer */
  readonly routeMs: number;
  /** Without a byte in either direction */
  readonly idleMs: number;
}

export type UpstreamOutcome =
  /** The body is to be read from `answer`; its timeouts go on until its end and then destroy it */
  | { readonly is: 'answered'; readonly answer: IncomingMessage }
  /** Its end of the other protocol, and what has come of it already. The call's timeouts have ended */
  | { readonly is: 'switched'; readonly answer: IncomingMessage; readonly socket: Socket; readonly ahead: Buffer }
  | { readonly is: 'failed'; readonly failure: UpstreamFailure; readonly cause: string }
  | { readonly is: 'client-gone' };

/**
 * unreachable: no connection came about (refused, DNS, TLS, connect timeout) · broken: reset before an answer, or an answer that
 * is not HTTP · timeout: no answer in time · full: as many requests are under way there as may be
 */
export type UpstreamFailure = 'unreachable' | 'broken' | 'timeout' | 'full';

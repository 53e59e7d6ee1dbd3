import type { IncomingMessage, ServerResponse } from 'node:http';

import type { AnswerTap, ImmediateResponse } from '@tidegate/policy-sdk';

import type { AnswerView } from './answer-view.ts';

/** How every answer of this router is marked. */
export interface AnswerStyle {
  /** Value of `server` */
  readonly serverHeader: string;
  /** While draining: the connection ends with this answer */
  readonly closing: () => boolean;
}

/** Sends a whole answer. Does nothing when the head is out already or the client is gone. */
export function sendImmediate(
  response: ServerResponse,
  answer: ImmediateResponse,
  { style, added = null }: { style: AnswerStyle; added?: readonly (readonly [string, string])[] | null },
): void {
  if (response.headersSent || response.destroyed) return;
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  const head = [...answer.headers, ...(added ?? []), ['content-length', String(body.length)] as const].flat();
  response.writeHead(answer.status, withStyle(head, style));
  response.end(body);
}

/** Sends the head of an upstream's answer and passes its body on. An end before its time ends the client's side the same way. */
export function sendStreaming(
  response: ServerResponse,
  view: AnswerView,
  { body, style, tap }: { body: IncomingMessage; style: AnswerStyle; tap: AnswerTap | null },
): void {
  writeHead(response, view, style);
  // Not stream.pipeline, which hangs eight listeners on the response; the engine watches for the client going away.
  body.once('close', () => {
    tap?.end(body.readableEnded);
    // A cut-off body must not look complete, nor leave the client waiting for the rest.
    if (!body.readableEnded) response.destroy();
  });
  body.on('error', ignore);
  if (tap !== null) body.on('data', (chunk: Buffer) => tap.data(chunk));
  body.pipe(response);
}

/** Sends the head with which both sides go over to another protocol. Its status is not for policies to change: it is the fact. */
export function sendSwitch(
  response: ServerResponse,
  { rawHeaders }: AnswerView,
  { protocol, style }: { protocol: string; style: AnswerStyle },
): void {
  response.writeHead(101, [...rawHeaders, 'connection', 'Upgrade', 'upgrade', protocol, 'server', style.serverHeader]);
  response.flushHeaders();
}

/** Sends an answer whose body policies have seen, and perhaps changed. */
export function sendBuffered(
  response: ServerResponse,
  view: AnswerView,
  { body, style }: { body: Uint8Array | null; style: AnswerStyle },
): void {
  if (body !== null) view.setHeader('content-length', String(body.length));
  writeHead(response, view, style);
  response.end(body ?? undefined);
}

function writeHead(response: ServerResponse, { status, statusText, rawHeaders }: AnswerView, style: AnswerStyle): void {
  const head = withStyle(rawHeaders, style);
  if (statusText === undefined || statusText === '') response.writeHead(status, head);
  else response.writeHead(status, statusText, head);
}

function withStyle(head: string[], { serverHeader, closing }: AnswerStyle): string[] {
  head.push('server', serverHeader);
  if (closing()) head.push('connection', 'close');
  return head;
}

function ignore(): void {
  // `close` follows, and says all there is to say.
}

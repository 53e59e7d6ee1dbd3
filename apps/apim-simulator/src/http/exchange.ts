import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerAdmin } from '../admin/admin-api.ts';
import { answerControl } from '../control/control-api.ts';
import type { Fault } from '../control/rules.ts';
import { answerInternal } from '../internal-data/data-service.ts';
import { answerToken } from '../oauth2/token.ts';
import { answerPublisher } from '../publisher/publisher-api.ts';
import type { Simulator } from '../simulator.ts';
import { json, publisherError, text, type Answer, type SimulatedRequest } from './answer.ts';
import { endpointOf } from './endpoint.ts';
import type { Exchange } from './recorder.ts';

const bodyBytesMax = 50 * 1024 * 1024;

/** One HTTP exchange from first byte to last, misbehaving where a rule says so. Resolves when nothing more will be written. */
export async function runExchange(simulator: Simulator, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const request = await readRequest(incoming);
  if (request === null) {
    send(response, publisherError(413, `The body is larger than ${bodyBytesMax} bytes`));
    return;
  }
  if (request.path === '/health') return send(response, text(200, 'OK'));
  if (request.path.startsWith('/_control/')) return send(response, answerControl(simulator, request));

  const endpoint = endpointOf(request.path);
  const fault = simulator.rules.take(endpoint, (wanted) =>
    `${incoming.url ?? ''}\n${request.body.toString('latin1')}`.includes(wanted),
  );
  const exchange = simulator.recorder.begin(endpoint, request, fault);
  const started = performance.now();
  response.on('close', () => {
    exchange.ms = Math.round(performance.now() - started);
  });

  const instead = await before(fault, response);
  if (instead === 'nothing') return;
  if (instead !== 'go on') return finish(exchange, response, instead);
  exchange.processed = true;
  await after(fault, answer(simulator, request), exchange, response);
}

function answer(simulator: Simulator, request: SimulatedRequest): Answer {
  if (request.path === '/oauth2/token') return answerToken(simulator, request);
  return (
    answerPublisher(simulator, request) ??
    answerAdmin(simulator, request) ??
    answerInternal(simulator, request) ??
    publisherError(404, `No such resource: ${request.path}`)
  );
}

/** Faults that come instead of processing. A hang keeps the socket until the client gives up. */
async function before(fault: Fault | null, response: ServerResponse): Promise<Answer | 'go on' | 'nothing'> {
  switch (fault?.kind) {
    case 'status': {
      const retryAfter: Record<string, string> = fault.retry_after === undefined ? {} : { 'retry-after': fault.retry_after };
      if (fault.body !== undefined)
        return { ...text(fault.status, fault.body), headers: { 'content-type': 'text/plain', ...retryAfter } };
      const injected = publisherError(fault.status, 'Injected by a rule');
      return { ...injected, headers: { ...injected.headers, ...retryAfter } };
    }
    case 'delay':
      await sleep(fault.ms);
      return response.destroyed ? 'nothing' : 'go on';
    case 'late':
      await sleep(fault.ms);
      return 'go on';
    case 'hang':
      return 'nothing';
    case 'reset':
      response.destroy();
      return 'nothing';
    default:
      return 'go on';
  }
}

/** Faults that come once the request has taken effect. */
async function after(fault: Fault | null, given: Answer, exchange: Exchange, response: ServerResponse): Promise<void> {
  switch (fault?.kind) {
    case 'commit-then-reset':
      response.destroy();
      return;
    case 'commit-then-hang':
      return;
    case 'commit-then-status':
      return finish(exchange, response, publisherError(fault.status, 'Injected by a rule after the request took effect'));
    case 'garbage':
      return finish(exchange, response, {
        status: given.status,
        headers: { 'content-type': 'application/json' },
        body: '<html>{"id": 7,,',
      });
    case 'slow-body':
      return sendSlowly(exchange, response, given, fault.ms);
    default:
      finish(exchange, response, given);
  }
}

function finish(exchange: Exchange, response: ServerResponse, given: Answer): void {
  exchange.status = given.status;
  send(response, given);
}

function send(response: ServerResponse, given: Answer): void {
  response.writeHead(given.status, { ...given.headers, 'content-length': Buffer.byteLength(given.body) });
  response.end(given.body);
}

/** The head at once, the body in ten pieces over the time given. */
async function sendSlowly(exchange: Exchange, response: ServerResponse, given: Answer, ms: number): Promise<void> {
  const body = Buffer.from(given.body);
  exchange.status = given.status;
  response.writeHead(given.status, { ...given.headers, 'content-length': body.length });
  const step = Math.max(1, Math.ceil(body.length / 10));
  for (let position = 0; position < body.length && !response.destroyed; position += step) {
    response.write(body.subarray(position, position + step));
    await sleep(ms / 10);
  }
  response.end();
}

async function readRequest(incoming: IncomingMessage): Promise<SimulatedRequest | null> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > bodyBytesMax) return null;
    pieces.push(piece);
  }
  return describeRequest(incoming, Buffer.concat(pieces));
}

/** A Node request in the form handlers take. */
export function describeRequest(incoming: IncomingMessage, body: Buffer): SimulatedRequest {
  const target = incoming.url ?? '/';
  const mark = target.indexOf('?');
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(incoming.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return {
    method: incoming.method ?? 'GET',
    path: mark === -1 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
    headers,
    body,
    remoteAddress: incoming.socket.remoteAddress ?? '',
  };
}

/** The answer when a handler threw: a mistake of ours, never of the client. */
export function internalError(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) response.destroy();
  else
    send(
      response,
      json(500, { code: 900_500, message: 'Internal Server Error', description: String(error), moreInfo: '', error: [] }),
    );
}

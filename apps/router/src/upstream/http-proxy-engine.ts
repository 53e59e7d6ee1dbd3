import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

import httpProxy from 'http-proxy-3';

import { answerFault } from './answer-strictness.ts';
import { type CallTimers, startCallTimers } from './call-timers.ts';
import type { UpstreamCall, UpstreamEngine, UpstreamOutcome } from './upstream-engine.ts';

/**
 * Engine 2: http-proxy-3 carries the request, everything it would decide by itself is decided here.
 *
 * - `toProxy`: its own way of joining paths goes through WHATWG URL, which respells them (invariant 12)
 * - the framing pass: it gives DELETE and OPTIONS without Content-Length a `content-length: 0` and forgets Transfer-Encoding,
 *   after which a chunked body would reach the upstream as the next request. Ours are put back before it sends
 * - `selfHandleResponse`: its way of piping answers leaves the client hanging when an upstream resets in the middle
 */
export function createHttpProxyEngine(): UpstreamEngine {
  const calls = new WeakMap<IncomingMessage, OpenCall>();
  const proxy = httpProxy.createProxyServer({ selfHandleResponse: true, toProxy: true, prependPath: false, secure: true });

  proxy.before('web', 'timeout', (request: IncomingMessage) => {
    const open = calls.get(request);
    if (open !== undefined) request.headers = open.headers;
  });
  proxy.on('proxyReq', (upstream, request, _response, _options, socket) => calls.get(request)?.attach(upstream, socket));
  proxy.on('proxyRes', (answer, request) => {
    const open = calls.get(request);
    if (open === undefined) answer.destroy();
    else open.answered(answer);
  });
  proxy.on('econnreset', (_error, request) => calls.get(request)?.settle({ is: 'client-gone' }));
  // Errors come through the call's own callback; without any listener this library would throw them.
  proxy.on('error', () => undefined);

  const send = (call: UpstreamCall, open: OpenCall): void => {
    const { request, response, endpoint, body } = call;
    request.url = call.target;
    request.method = call.method;
    const target = { protocol: `${endpoint.scheme}:`, host: endpoint.host, port: endpoint.port };
    const buffer = body.is === 'whole' ? { buffer: Readable.from([Buffer.from(body.bytes)]) } : {};
    proxy.web(request, response, { target, agent: endpoint.agent, ...buffer }, (error) => open.failed(error));
  };

  return {
    forward: (call) =>
      new Promise((resolve) => {
        const open = openCall(call, { resolve, retry: () => send(call, open) });
        calls.set(call.request, open);
        send(call, open);
      }),
  };
}

interface OpenCall {
  readonly headers: IncomingMessage['headers'];
  attach(upstream: ClientRequest, socket: Socket): void;
  answered(answer: IncomingMessage): void;
  failed(error: Error): void;
  settle(outcome: UpstreamOutcome): void;
}

interface Ending {
  readonly resolve: (outcome: UpstreamOutcome) => void;
  readonly retry: () => void;
}

function openCall(call: UpstreamCall, { resolve, retry }: Ending): OpenCall {
  let timers: CallTimers = startCallTimers(call.timeouts);
  let current: ClientRequest | null = null;
  let settled = false;
  let retried = false;

  const settle = (outcome: UpstreamOutcome): void => {
    if (settled) return;
    settled = true;
    if (outcome.is !== 'answered') timers.stop();
    resolve(outcome);
  };
  call.response.once('close', () => {
    timers.stop();
    settle({ is: 'client-gone' });
  });

  return {
    // IncomingHttpHeaders is what http-proxy reads; it passes lists on as lists, whatever the header.
    headers: framed(call) as IncomingMessage['headers'],
    settle,
    attach(upstream, socket) {
      current = upstream;
      // Also where nobody asked for it: without a listener nobody would hear of it.
      upstream.once('upgrade', (answer, tunnel, ahead) => {
        if (!switchesTo(answer, call.upgrade)) {
          tunnel.destroy();
          return settle({ is: 'failed', failure: 'broken', cause: 'answer_upgrade' });
        }
        timers.stop();
        tunnel.removeAllListeners('timeout');
        settle({ is: 'switched', answer, socket: tunnel, ahead });
      });
      // http-proxy loses a bare "?"; nothing has been sent yet.
      upstream.path = call.target;
      timers.attach(upstream, socket, call.endpoint.scheme === 'https');
    },
    answered(answer) {
      answer.once('close', () => timers.stop());
      const fault = answerFault(answer);
      if (fault === null) return settle({ is: 'answered', answer });
      answer.on('error', () => undefined).destroy();
      settle({ is: 'failed', failure: 'broken', cause: fault });
    },
    failed(error) {
      if (settled) return;
      if (!retried && timers.expired === null && current?.reusedSocket === true && repeatable(call)) {
        // The upstream closed an idle connection while we took it from the pool: it has seen nothing of this request.
        retried = true;
        timers.stop();
        timers = startCallTimers(call.timeouts);
        retry();
        return;
      }
      settle({ is: 'failed', failure: failureOf(timers), cause: causeOf(error, timers) });
    },
  };
}

function repeatable({ method, body }: UpstreamCall): boolean {
  return body.is === 'none' && IDEMPOTENT.has(method);
}

/** RFC 9110 §9.2.2 */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** RFC 9110 §7.8: exactly what was asked for. */
function switchesTo({ statusCode, headers }: IncomingMessage, asked: string | null): boolean {
  return asked !== null && statusCode === 101 && headers.upgrade?.toLowerCase() === asked;
}

function framed({ headers, request, body, upgrade }: UpstreamCall): OutgoingHttpHeaders {
  if (upgrade !== null) return { ...headers, connection: 'Upgrade', upgrade };
  if (body.is === 'whole') return { ...headers, 'content-length': String(body.bytes.byteLength) };
  const length = request.headers['content-length'];
  if (length !== undefined) return { ...headers, 'content-length': length };
  return body.is === 'none' ? headers : { ...headers, 'transfer-encoding': 'chunked' };
}

function failureOf({ connected, expired }: CallTimers): 'unreachable' | 'broken' | 'timeout' {
  if (!connected || expired === 'connect') return 'unreachable';
  return expired === null ? 'broken' : 'timeout';
}

function causeOf(error: Error, { expired }: CallTimers): string {
  if (expired !== null) return `${expired}_timeout`;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

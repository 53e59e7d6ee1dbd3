import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

import httpProxy from 'http-proxy-3';

import { type OpenCall, openCall } from './open-call.ts';
import type { UpstreamCall, UpstreamEngine } from './upstream-engine.ts';

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
    // IncomingHttpHeaders is what http-proxy reads; it passes lists on as lists, whatever the header.
    if (open !== undefined) request.headers = open.headers as IncomingMessage['headers'];
  });
  proxy.on('proxyReq', (upstream, request, _response, _options, socket) => {
    // http-proxy loses a bare "?"; nothing has been sent yet.
    upstream.path = request.url ?? '';
    calls.get(request)?.attach(upstream, socket);
  });
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

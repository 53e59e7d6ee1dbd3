import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';

import { openCall } from './open-call.ts';
import type { UpstreamAsk, UpstreamOutcome } from './upstream-engine.ts';

/**
 * Sends one request upstream by node:http alone, for clients that http-proxy cannot be given (HTTP/2, ADR 14). `source` is the
 * client's body, read when it is passed on. Resolves once, never rejects.
 */
export function askUpstream(ask: UpstreamAsk, source: Readable): Promise<UpstreamOutcome> {
  return new Promise((resolve) => {
    let upstream: ClientRequest | null = null;
    const send = (): void => {
      upstream = open(ask, call.headers);
      const current = upstream;
      current.once('socket', (socket) => call.attach(current, socket));
      current.once('response', call.answered);
      current.on('error', call.failed);
      if (ask.body.is === 'streamed') source.pipe(current);
      else if (ask.body.is === 'whole') current.end(ask.body.bytes);
      else current.end();
    };
    const call = openCall(ask, { resolve, retry: send });
    ask.whenGone(() => upstream?.destroy());
    send();
  });
}

function open({ endpoint, method, target }: UpstreamAsk, headers: UpstreamAsk['headers']): ClientRequest {
  const { host, port, agent, scheme } = endpoint;
  const request = scheme === 'https' ? httpsRequest : httpRequest;
  return request({ host, port, agent, method, path: target, headers });
}

import type { IncomingMessage, ServerResponse } from 'node:http';

import { headerOf, nodeCarrier } from '../exchange/node-carrier.ts';
import type { AnswerStyle } from '../exchange/send-answer.ts';
import type { UpstreamEngine } from '../upstream/upstream-engine.ts';
import { isEncrypted } from './is-encrypted.ts';
import { OpenRequest } from './open-request.ts';
import { closeRequest, refuseRequest, type RequestHost, serveRequest } from './serve-request.ts';
import { admit, isRefusal } from './strictness.ts';

/** What engine 2 needs beside what every engine does. */
export interface NodeRequestHost extends RequestHost {
  readonly engine: UpstreamEngine;
  readonly style: AnswerStyle;
}

/** One request of engine 2 (node:http), from its head to its access line. */
export function handleRequest(request: IncomingMessage, response: ServerResponse, host: NodeRequestHost): void {
  const { headers } = request;
  const opened = new OpenRequest({
    method: request.method ?? '',
    host: headers.host ?? '',
    peer: request.socket.remoteAddress ?? '',
    presentedId: headerOf(headers, 'x-request-id'),
  });
  // A connection that breaks while an answer is written: `close` follows, and the access line says so.
  response.on('error', () => undefined);
  response.once('close', () => {
    const ended = { status: response.headersSent ? response.statusCode : 0, aborted: !response.writableFinished };
    closeRequest(opened, ended, host);
  });
  const carrier = nodeCarrier({ request, response, engine: host.engine, style: host.style, switching: null });
  const admitted = admit(request);
  if (isRefusal(admitted)) refuseRequest(opened, admitted, carrier);
  else {
    const link = { peer: opened.client, encrypted: isEncrypted(request.socket), known: null };
    serveRequest(opened, { admitted, carrier, link, upgrade: null, host });
  }
}

import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { headerOf, nodeCarrier } from '../exchange/node-carrier.ts';
import { hasBody } from '../exchange/whole-body.ts';
import type { NodeRequestHost } from './handle-request.ts';
import { isEncrypted } from './is-encrypted.ts';
import { OpenRequest } from './open-request.ts';
import { closeRequest, refuseRequest, serveRequest } from './serve-request.ts';
import { admit, isRefusal } from './strictness.ts';

/** What node:http leaves of a connection whose client asks for another protocol. */
export interface LetGo {
  readonly socket: Socket;
  /** Received behind the request */
  readonly ahead: Buffer;
}

/**
 * A request to switch protocols (RFC 9110 §7.8), from its head to the end of its tunnel. It is routed, and policies run, as for any
 * other request; only an upstream that answers 101 for the very protocol opens the tunnel. Every other answer is the connection's last:
 * what the client has sent ahead may be of either protocol. `onEnd` is told once, when all is over.
 */
export function handleUpgrade(
  request: IncomingMessage,
  { socket, ahead }: LetGo,
  host: NodeRequestHost,
  onEnd: () => void,
): void {
  const { headers } = request;
  const opened = new OpenRequest({
    method: request.method ?? '',
    host: headers.host ?? '',
    peer: socket.remoteAddress ?? '',
    presentedId: headerOf(headers, 'x-request-id'),
  });
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  const switched = (): boolean => response.headersSent && response.statusCode === 101;
  const end = (): void => {
    const status = response.headersSent ? response.statusCode : 0;
    closeRequest(opened, { status, aborted: !switched() && !response.writableFinished }, host);
    onEnd();
  };
  socket.on('error', () => undefined);
  response.on('error', () => undefined);
  response.once('finish', () => socket.destroySoon());
  // A tunnel ends when its other side has ended too.
  response.once('close', () => {
    if (!switched()) end();
  });
  const carrier = nodeCarrier({
    request,
    response,
    engine: host.engine,
    style: host.style,
    switching: {
      socket,
      ahead,
      onTunnel(bytes) {
        opened.tunnel = bytes;
        end();
      },
    },
  });
  const admitted = admit(request);
  if (isRefusal(admitted)) return refuseRequest(opened, admitted, carrier);
  // node:http has not read it: its bytes would be taken for the other protocol.
  if (hasBody(request)) return refuseRequest(opened, { status: 400, reason: 'upgrade with a body' }, carrier);
  const link = { peer: opened.client, encrypted: isEncrypted(socket), known: null };
  serveRequest(opened, { admitted, carrier, link, upgrade: protocolsOf(request), host });
}

/**
 * Protocols that are asked for, lower case, in the client's order. "h2c" is passed over, as RFC 9110 §7.8 allows and some clients
 * (Java's) rely on: they ask with every first request.
 */
export function protocolsOf({ headers, httpVersionMinor }: IncomingMessage): string[] {
  if (headers.upgrade === undefined || httpVersionMinor === 0) return [];
  const named = headers.upgrade.split(',').map((protocol) => protocol.trim().toLowerCase());
  return named.filter((protocol) => protocol !== '' && protocol !== 'h2c');
}

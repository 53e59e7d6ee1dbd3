import { createServer } from 'node:http';
import type { Socket } from 'node:net';

import { HEAD_BYTES_MAX } from '@tidegate/http1';

import { handleRequest } from './handle-request.ts';
import { handleUpgrade, protocolsOf } from './handle-upgrade.ts';
import { inTurn } from './in-turn.ts';
import type { ListenerOptions } from './listener.ts';

/** The server of the conservative engine. It has no port: connections are accepted elsewhere and given to it. */
export interface NodeServer {
  readonly inFlight: number;
  /** Takes a connection that another listener accepted, with bytes that were read from it. */
  adopt(socket: Socket, bytes: Buffer): void;
  /** As Listener.drain */
  drain(timeoutMs: number): Promise<number>;
}

export function createNodeServer(options: ListenerOptions): NodeServer {
  const { headMs, idleMs } = options.clientTimeouts;
  let inFlight = 0;
  let draining = false;
  const adopted = new Set<Socket>();
  let timed = false;
  let onLastClosed = (): void => undefined;
  const turns = inTurn((request, response) => {
    inFlight += 1;
    response.once('close', () => {
      inFlight -= 1;
      // Its head may have left before draining began, without `Connection: close`.
      if (draining) server.closeIdleConnections();
    });
    handleRequest(request, response, options.requests);
  });
  const server = createServer(
    {
      insecureHTTPParser: false,
      joinDuplicateHeaders: true,
      // strictness.ts refuses it, with an access line
      requireHostHeader: false,
      maxHeaderSize: HEAD_BYTES_MAX,
      // Header blocks have a bound (slow senders); bodies have the idle timeout of their route instead of a total.
      headersTimeout: headMs,
      // How often that is looked at
      connectionsCheckingInterval: Math.min(30_000, Math.ceil(headMs / 4)),
      requestTimeout: 0,
      keepAliveTimeout: idleMs,
      noDelay: true,
      // Others are served as if they had not asked.
      shouldUpgradeCallback: (request) => protocolsOf(request).length > 0,
    },
    turns.onRequest,
  );
  // Counted and refused by us: node:http would silently drop fields beyond its own limit.
  server.maxHeadersCount = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = refusalOf(error);
    if (status === null || !socket.writable) socket.destroy();
    else turns.refuse(socket as Socket, bareAnswer(status, options.serverHeader));
  });
  // strictness.ts refuses what is not known; 100-continue is answered when the body is wanted (run-exchange.ts).
  server.on('checkExpectation', turns.onRequest);
  server.on('checkContinue', turns.onRequest);
  server.on('upgrade', (request, duplex, ahead) => {
    // node:http types it as a Duplex because connections may be injected; all of ours are sockets.
    const socket = duplex as Socket;
    // Its answers are still due, and would go into the tunnel.
    if (turns.busy(socket)) return turns.refuse(socket, bareAnswer('400 Bad Request', options.serverHeader));
    inFlight += 1;
    handleUpgrade(request, { socket, ahead }, options.requests, () => void (inFlight -= 1));
  });

  return {
    get inFlight() {
      return inFlight;
    },
    adopt(socket, bytes) {
      // Its timers are set up when a server begins to listen; this one never does.
      if (!timed) server.emit('listening');
      timed = true;
      adopted.add(socket);
      socket.once('close', () => {
        adopted.delete(socket);
        if (adopted.size === 0) onLastClosed();
      });
      socket.pause();
      if (bytes.length > 0) socket.unshift(bytes);
      server.emit('connection', socket);
      socket.resume();
    },
    drain(timeoutMs) {
      draining = true;
      server.close(() => undefined);
      server.closeIdleConnections();
      if (adopted.size === 0) return Promise.resolve(0);
      return new Promise((resolve) => {
        let cut = 0;
        const cutting = setTimeout(() => {
          cut = inFlight;
          for (const socket of adopted) socket.destroy();
        }, timeoutMs);
        onLastClosed = () => {
          clearTimeout(cutting);
          resolve(cut);
        };
      });
    },
  };
}

/** What llhttp refuses never becomes a request: answered on the bare socket, empty, and closed. `null` = nobody is left to answer. */
function refusalOf({ code = '' }: NodeJS.ErrnoException): string | null {
  return CLIENT_ERRORS[code] ?? (code.startsWith('HPE_') ? '400 Bad Request' : null);
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function bareAnswer(status: string, serverHeader: string): string {
  return `HTTP/1.1 ${status}\r\nserver: ${serverHeader}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`;
}

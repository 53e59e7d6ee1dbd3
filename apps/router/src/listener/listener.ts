import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { handleRequest, type RequestHost } from './handle-request.ts';

export interface ListenerOptions {
  readonly host: string;
  /** 0 = any free one */
  readonly port: number;
  readonly serverHeader: string;
  readonly requests: RequestHost;
}

export interface Listener {
  readonly port: number;
  readonly inFlight: number;
  /**
   * Stops accepting and waits until the requests in flight are done, at most `timeoutMs`; then cuts them. Resolves to how many
   * were cut.
   */
  drain(timeoutMs: number): Promise<number>;
}

/** Rejects with the listen error (port taken). */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  let inFlight = 0;
  const server = createServer(
    {
      insecureHTTPParser: false,
      joinDuplicateHeaders: true,
      // strictness.ts refuses it, with an access line
      requireHostHeader: false,
      maxHeaderSize: 16 * 1024,
      // Header blocks have a minute (slow senders); bodies have the idle timeout of their route instead of a total.
      headersTimeout: 60_000,
      requestTimeout: 0,
      // Longer than the usual 60 s of balancers in front, so that they are the ones who close.
      keepAliveTimeout: 65_000,
      noDelay: true,
    },
    (request, response) => {
      inFlight += 1;
      response.once('close', () => {
        inFlight -= 1;
      });
      handleRequest(request, response, options.requests);
    },
  );
  // Counted and refused by us: node:http would silently drop fields beyond its own limit.
  server.maxHeadersCount = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(socket as Socket, error, options.serverHeader));
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(417, { server: options.serverHeader, connection: 'close', 'content-length': '0' }).end();
  });
  await listen(server, options);

  return {
    port: (server.address() as AddressInfo).port,
    get inFlight() {
      return inFlight;
    },
    drain: (timeoutMs) => drain(server, timeoutMs, () => inFlight),
  };
}

function listen(server: Server, { host, port }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** What llhttp refuses never becomes a request: answered on the bare socket, empty, and closed. */
function refuse(socket: Socket, error: NodeJS.ErrnoException, serverHeader: string): void {
  if (!socket.writable || (socket.bytesWritten > 0 && error.code === 'ECONNRESET')) {
    socket.destroy();
    return;
  }
  const status = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nserver: ${serverHeader}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function drain(server: Server, timeoutMs: number, inFlight: () => number): Promise<number> {
  return new Promise((resolve) => {
    const cutting = setTimeout(() => {
      cut = inFlight();
      server.closeAllConnections();
    }, timeoutMs);
    let cut = 0;
    server.close(() => {
      clearTimeout(cutting);
      resolve(cut);
    });
    server.closeIdleConnections();
  });
}

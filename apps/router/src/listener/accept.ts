import { type AddressInfo, type ListenOptions, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import type { InheritedPort } from '../runtime/take-over.ts';
import type { Identity } from './identity-files.ts';

/** A port on which connections are accepted. */
export interface Acceptor {
  readonly port: number;
  /** For handshakes from now on; TLS only */
  setIdentity(identity: Identity): void;
  /** Accepts no more; resolves when every connection has ended. */
  close(): Promise<void>;
  /** Cuts handshakes that are not done; who has the other connections cuts those. */
  cutHandshakes(): void;
  /** What listens, for a successor */
  readonly server: Server;
}

export interface AcceptorOptions {
  readonly host: string;
  /** 0 = any free one */
  readonly port: number;
  /** SO_REUSEPORT */
  readonly sharesPorts: boolean;
  /** More connections at once are closed as they come */
  readonly connectionsMax: number;
  /** `null` = plain TCP */
  readonly identity: Identity | null;
  /** Offered by ALPN, the best first; TLS only */
  readonly protocols: readonly string[];
  readonly onConnection: (socket: Socket) => void;
  /** Listens already, for a process that goes; host and port are its */
  readonly inherited?: InheritedPort | null;
}

/** A client that has connected must have finished its TLS handshake within this. */
const HANDSHAKE_MS = 10_000;

/** Plain or TLS. Rejects with the listen error (port taken). */
export async function accept({
  host,
  port,
  sharesPorts,
  connectionsMax,
  identity,
  protocols,
  onConnection,
  inherited = null,
}: AcceptorOptions): Promise<Acceptor> {
  const handshaking = new Set<Socket>();
  const tls =
    identity === null
      ? null
      : createTlsServer(
          { ...identity, noDelay: true, handshakeTimeout: HANDSHAKE_MS, ALPNProtocols: [...protocols] },
          onConnection,
        );
  // Handshakes that fail are the client's business; the socket is destroyed already.
  tls
    ?.on('tlsClientError', () => undefined)
    .on('connection', (raw: Socket) => {
      handshaking.add(raw);
      raw.once('close', () => handshaking.delete(raw));
    });
  const onInherited = (socket: Socket): void => {
    socket.setNoDelay(true);
    if (tls === null) onConnection(socket);
    else tls.emit('connection', socket);
  };
  const own: Server = tls ?? createTcpServer({ noDelay: true }, onConnection);
  const server = inherited === null ? own : await inherited.take(onInherited);
  server.maxConnections = connectionsMax;
  if (inherited === null) await listen(server, { port, host, reusePort: sharesPorts });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    setIdentity: (changed) => tls?.setSecureContext(changed),
    close: () => new Promise((resolve) => server.close(() => resolve())),
    cutHandshakes() {
      for (const raw of handshaking) raw.destroy();
    },
  };
}

function listen(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

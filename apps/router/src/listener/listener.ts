import type { Server, Socket } from 'node:net';

import { createHttp2Server, type Http2Server } from '../http2/http2-server.ts';
import type { Inherited } from '../runtime/take-over.ts';
import { accept, type Acceptor } from './accept.ts';
import type { NodeRequestHost } from './handle-request.ts';
import type { Identity } from './identity-files.ts';
import { createNodeServer } from './node-server.ts';
import { createSniffer } from './sniff-preface.ts';

export interface ListenerOptions {
  readonly host: string;
  /** 0 = any free one */
  readonly port: number;
  /** Other threads listen there too: the kernel spreads connections over them */
  readonly sharesPorts: boolean;
  /** `null` = no TLS */
  readonly tls: { readonly port: number; readonly identity: Identity } | null;
  /** More connections at once are closed as they come; of each port */
  readonly connectionsMax: number;
  readonly http2: {
    /** Offered by ALPN on the TLS port */
    readonly tls: boolean;
    /** Understood on the port without TLS, from clients that know of it */
    readonly plain: boolean;
  };
  /** The stream engine may read plain connections into one buffer, if this Node can */
  readonly sharedReads: boolean;
  /** Ports of a process that goes, in place of new ones */
  readonly inherited?: Inherited;
  /** What clients may take their time with, ms */
  readonly clientTimeouts: {
    /** For a header block, and for the first one of a connection to begin */
    readonly headMs: number;
    /** Between requests */
    readonly idleMs: number;
  };
  readonly serverHeader: string;
  readonly requests: NodeRequestHost;
}

export interface Listener {
  readonly port: number;
  /** `null` = no TLS */
  readonly tlsPort: number | null;
  readonly inFlight: number;
  /** Connections to upstreams, of this engine's own pools */
  sockets(): { readonly idle: number; readonly busy: number };
  /** For TLS handshakes from now on */
  setIdentity(identity: Identity): void;
  /** What listens, for a successor */
  servers(): { readonly plain: Server; readonly tls: Server | null };
  /**
   * Stops accepting and waits until the requests in flight are done, at most `timeoutMs`; then cuts them. Resolves to how many
   * were cut.
   */
  drain(timeoutMs: number): Promise<number>;
}

/** The conservative engine's listener. Rejects with the listen error (port taken). */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const conservative = createNodeServer(options);
  const ports = await openPorts(options, (socket) => conservative.adopt(socket, NOTHING));
  return {
    ...ports,
    get inFlight() {
      return conservative.inFlight + ports.http2.inFlight;
    },
    // Those of its agents are counted with the endpoints.
    sockets: () => ({ idle: 0, busy: 0 }),
    async drain(timeoutMs) {
      const closed = ports.close();
      const cut = await Promise.all([conservative.drain(timeoutMs), ports.http2.drain(timeoutMs)]);
      ports.cutHandshakes();
      await closed;
      return cut[0] + cut[1];
    },
  };
}

const NOTHING = Buffer.alloc(0);
const NOTHING_INHERITED: Inherited = { plain: null, tls: null };

export interface Ports extends Pick<Listener, 'port' | 'tlsPort' | 'setIdentity' | 'servers'>, Pick<Acceptor, 'cutHandshakes'> {
  /** Has the connections that speak HTTP/2, whichever engine has the others */
  readonly http2: Http2Server;
  /** Accepts no more; resolves when every connection has ended. */
  close(): Promise<unknown>;
}

/** The plain port and the one with TLS, both or none. `onConnection` gets what speaks HTTP/1. */
export async function openPorts(
  {
    host,
    port,
    sharesPorts,
    tls,
    connectionsMax,
    http2: offered,
    clientTimeouts,
    inherited = NOTHING_INHERITED,
    requests,
  }: ListenerOptions,
  onConnection: Parameters<typeof accept>[0]['onConnection'],
): Promise<Ports> {
  const http2 = createHttp2Server(requests, clientTimeouts.idleMs);
  const sniffer = createSniffer({ http1: onConnection, http2: (socket) => http2.adopt(socket), withinMs: clientTimeouts.headMs });
  const onPlain = offered.plain ? (socket: Socket) => sniffer.look(socket) : onConnection;
  const onSecure = (socket: Socket): void => {
    if ('alpnProtocol' in socket && socket.alpnProtocol === 'h2') http2.adopt(socket);
    else onConnection(socket);
  };
  const protocols = offered.tls ? ['h2', 'http/1.1'] : ['http/1.1'];
  const common = { host, sharesPorts, connectionsMax, protocols };
  const plain = await accept({ ...common, port, identity: null, onConnection: onPlain, inherited: inherited.plain });
  const secure =
    tls === null
      ? null
      : await accept({ ...common, ...tls, onConnection: onSecure, inherited: inherited.tls }).catch(closing(plain));
  return {
    port: plain.port,
    tlsPort: secure?.port ?? null,
    http2,
    setIdentity: (identity) => secure?.setIdentity(identity),
    servers: () => ({ plain: plain.server, tls: secure?.server ?? null }),
    close() {
      const closed = Promise.all([plain.close(), secure?.close()]);
      sniffer.cut();
      return closed;
    },
    cutHandshakes: () => secure?.cutHandshakes(),
  };
}

function closing(plain: Acceptor): (error: unknown) => Promise<never> {
  return async (error) => {
    await plain.close();
    throw error;
  };
}

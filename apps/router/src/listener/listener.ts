import { accept, type Acceptor } from './accept.ts';
import type { NodeRequestHost } from './handle-request.ts';
import type { Identity } from './identity-files.ts';
import { createNodeServer } from './node-server.ts';

export interface ListenerOptions {
  readonly host: string;
  /** 0 = any free one */
  readonly port: number;
  /** `null` = no TLS */
  readonly tls: { readonly port: number; readonly identity: Identity } | null;
  /** More connections at once are closed as they come; of each port */
  readonly connectionsMax: number;
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
      return conservative.inFlight;
    },
    // Those of its agents are counted with the endpoints.
    sockets: () => ({ idle: 0, busy: 0 }),
    async drain(timeoutMs) {
      const closed = ports.close();
      const cut = await conservative.drain(timeoutMs);
      ports.cutHandshakes();
      await closed;
      return cut;
    },
  };
}

const NOTHING = Buffer.alloc(0);

export interface Ports extends Pick<Listener, 'port' | 'tlsPort' | 'setIdentity'>, Pick<Acceptor, 'cutHandshakes'> {
  close(): Promise<unknown>;
}

/** The plain port and the one with TLS, both or none. */
export async function openPorts(
  { host, port, tls, connectionsMax }: ListenerOptions,
  onConnection: Parameters<typeof accept>[0]['onConnection'],
): Promise<Ports> {
  const plain = await accept({ host, port, connectionsMax, identity: null, onConnection });
  const secure = tls === null ? null : await accept({ host, connectionsMax, ...tls, onConnection }).catch(closing(plain));
  return {
    port: plain.port,
    tlsPort: secure?.port ?? null,
    setIdentity: (identity) => secure?.setIdentity(identity),
    close: () => Promise.all([plain.close(), secure?.close()]),
    cutHandshakes: () => secure?.cutHandshakes(),
  };
}

function closing(plain: Acceptor): (error: unknown) => Promise<never> {
  return async (error) => {
    await plain.close();
    throw error;
  };
}

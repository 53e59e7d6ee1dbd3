import type { Socket } from 'node:net';

import { type Listener, type ListenerOptions, openPorts } from '../listener/listener.ts';
import { createNodeServer } from '../listener/node-server.ts';
import { ClientConnection, type StreamHost } from './client-connection.ts';
import { startClock } from './clock.ts';
import { canShareReads } from './shared-reads.ts';
import { createUpstreamPools } from './upstream-pools.ts';

/**
 * The stream engine's listener. What a connection asks that this engine declines (HTTP/1.0, Upgrade, unusual methods) goes to the
 * conservative engine with the whole connection, by documented means: the bytes are put back and node:http is told of it.
 * Rejects with the listen error (port taken).
 */
export async function startStreamListener(options: ListenerOptions): Promise<Listener> {
  let inFlight = 0;
  let draining = false;
  const connections = new Set<ClientConnection>();
  const conservative = createNodeServer(options);
  const clock = startClock((nowMs) => {
    for (const connection of connections) connection.tick(nowMs);
    pools.sweep(nowMs);
  });
  const pools = createUpstreamPools(() => clock);
  const { style } = options.requests;
  const host: StreamHost = {
    requests: options.requests,
    style,
    clientTimeouts: options.clientTimeouts,
    clock,
    pools,
    sharedReads: options.sharedReads && (await canShareReads()),
    handOver: (socket, bytes) => conservative.adopt(socket, bytes),
    draining: () => draining,
    count: (change) => void (inFlight += change),
    forget: (connection) => void connections.delete(connection),
  };
  const ports = await openPorts(options, (socket: Socket) => void connections.add(new ClientConnection(socket, host)));

  return {
    ...ports,
    get inFlight() {
      return inFlight + conservative.inFlight + ports.http2.inFlight;
    },
    sockets: () => pools.sockets(),
    async drain(timeoutMs) {
      draining = true;
      const others = [conservative.drain(timeoutMs), ports.http2.drain(timeoutMs)];
      let cut = 0;
      const cutting = setTimeout(() => {
        cut = inFlight;
        for (const connection of connections) connection.socket.destroy();
        ports.cutHandshakes();
      }, timeoutMs);
      const closed = ports.close();
      for (const connection of connections) connection.closeIfIdle();
      await closed;
      clearTimeout(cutting);
      clock.stop();
      pools.close();
      return (await Promise.all(others)).reduce((sum, each) => sum + each, cut);
    },
  };
}

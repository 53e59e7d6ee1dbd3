import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import type { Listener, ListenerOptions } from '../listener/listener.ts';
import { createNodeServer } from '../listener/node-server.ts';
import { ClientConnection, type StreamHost } from './client-connection.ts';
import { startClock } from './clock.ts';
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
    clock,
    pools,
    handOver: (socket, bytes) => conservative.adopt(socket, bytes),
    draining: () => draining,
    count: (change) => void (inFlight += change),
    forget: (connection) => void connections.delete(connection),
  };
  const server = createServer({ noDelay: true }, (socket: Socket) => void connections.add(new ClientConnection(socket, host)));
  server.maxConnections = options.connectionsMax;
  await listen(server, options);

  return {
    port: (server.address() as AddressInfo).port,
    get inFlight() {
      return inFlight + conservative.inFlight;
    },
    async drain(timeoutMs) {
      draining = true;
      const handedOver = conservative.drain(timeoutMs);
      const cut = await new Promise<number>((resolve) => {
        let left = 0;
        const cutting = setTimeout(() => {
          left = inFlight;
          for (const connection of connections) connection.socket.destroy();
        }, timeoutMs);
        server.close(() => {
          clearTimeout(cutting);
          resolve(left);
        });
        for (const connection of connections) connection.closeIfIdle();
      });
      clock.stop();
      pools.close();
      return cut + (await handedOver);
    },
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

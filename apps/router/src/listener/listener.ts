import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { NodeRequestHost } from './handle-request.ts';
import { createNodeServer } from './node-server.ts';

export interface ListenerOptions {
  readonly host: string;
  /** 0 = any free one */
  readonly port: number;
  /** More connections at once are closed as they come */
  readonly connectionsMax: number;
  readonly serverHeader: string;
  readonly requests: NodeRequestHost;
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

/** The conservative engine's listener. Rejects with the listen error (port taken). */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const conservative = createNodeServer(options);
  await listen(conservative.server, options);
  return {
    port: (conservative.server.address() as AddressInfo).port,
    get inFlight() {
      return conservative.inFlight;
    },
    drain: (timeoutMs) => conservative.drain(timeoutMs),
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

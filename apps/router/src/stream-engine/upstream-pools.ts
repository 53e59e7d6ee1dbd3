import type { Endpoint } from '../upstream/endpoints.ts';
import type { CoarseClock } from './clock.ts';
import { connectUpstream, type UpstreamConnection, type UpstreamUser } from './upstream-connection.ts';

/** Connections to upstreams, kept for the next exchange. */
export interface UpstreamPools {
  /** The one that was used last, or a new one; `fresh` = a new one */
  take(endpoint: Endpoint, user: UpstreamUser, fresh: boolean): UpstreamConnection;
  /** Ends one that is no use any more, or is gone already. */
  drop(connection: UpstreamConnection): void;
  /** Its answer has been read to the end, and nothing behind it. */
  giveBack(connection: UpstreamConnection): void;
  /** Open ones, counted by looking at them; for scrapes */
  sockets(): { readonly idle: number; readonly busy: number };
  /** Ends what has waited too long. */
  sweep(nowMs: number): void;
  /** Ends what waits; what is in use finishes and is not kept. */
  close(): void;
}

/** Per endpoint at most this many wait, at most this long (invariant 9). */
const IDLE_MAX = 256;
const IDLE_MS = 60_000;

export function createUpstreamPools(clock: () => CoarseClock): UpstreamPools {
  const pools = new Map<Endpoint, UpstreamConnection[]>();
  let closed = false;
  let busy = 0;

  const forget = (connection: UpstreamConnection): void => {
    connection.socket.destroy();
  };

  return {
    take(endpoint, user, fresh) {
      const pool = fresh ? undefined : pools.get(endpoint);
      for (let connection = pool?.pop(); connection !== undefined; connection = pool?.pop()) {
        if (isUseless(connection)) {
          connection.socket.destroy();
          continue;
        }
        connection.user = user;
        connection.reused = true;
        busy += 1;
        return connection;
      }
      busy += 1;
      return connectUpstream(endpoint, user, forget);
    },
    drop(connection) {
      busy -= 1;
      connection.user = null;
      connection.socket.destroy();
    },
    giveBack(connection) {
      busy -= 1;
      connection.user = null;
      const pool = pools.get(connection.endpoint) ?? [];
      if (closed || pool.length >= IDLE_MAX || isUseless(connection)) {
        connection.socket.destroy();
        return;
      }
      connection.idleSinceMs = clock().nowMs;
      pool.push(connection);
      pools.set(connection.endpoint, pool);
    },
    sockets() {
      const waiting = [...pools.values()].flat();
      return { idle: waiting.filter(({ socket }) => !socket.destroyed).length, busy };
    },
    sweep(nowMs) {
      for (const [endpoint, pool] of pools) {
        // The one that has waited longest stands first.
        while (pool.length > 0 && isStale(pool[0] as UpstreamConnection, nowMs)) pool.shift()?.socket.destroy();
        if (endpoint.retired || pool.some(({ address }) => address?.gone === true)) dropUseless(pool);
        if (pool.length === 0) pools.delete(endpoint);
      }
    },
    close() {
      closed = true;
      for (const pool of pools.values()) for (const { socket } of pool) socket.destroy();
      pools.clear();
    },
  };
}

/** Ended, or leads where its endpoint does not lead any more. */
function isUseless({ socket, endpoint, address }: UpstreamConnection): boolean {
  return socket.destroyed || !socket.writable || endpoint.retired || address?.gone === true;
}

function isStale({ socket, idleSinceMs }: UpstreamConnection, nowMs: number): boolean {
  return socket.destroyed || nowMs - idleSinceMs > IDLE_MS;
}

function dropUseless(pool: UpstreamConnection[]): void {
  const waiting = pool.splice(0);
  for (const connection of waiting) {
    if (isUseless(connection)) connection.socket.destroy();
    else pool.push(connection);
  }
}

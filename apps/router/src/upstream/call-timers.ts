import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

import type { UpstreamTimeouts } from './upstream-engine.ts';

/** Which bound was passed. */
export type Expired = 'connect' | 'route' | 'idle';

export interface CallTimers {
  /** A connection was made or taken from the pool. */
  attach(upstream: ClientRequest, socket: Socket, encrypted: boolean): void;
  /** A connection (with TLS, the handshake) is there: failures from now on are the upstream's answer, not its absence. */
  readonly connected: boolean;
  readonly expired: Expired | null;
  /** Ends the timers; the socket goes back to its pool. */
  stop(): void;
}

/** Timers take no more (24.8 days): a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The three bounds of one call; passing one destroys the upstream request. */
export function startCallTimers(timeouts: UpstreamTimeouts): CallTimers {
  const connectMs = Math.min(timeouts.connectMs, TIMER_MS_MAX);
  const routeMs = Math.min(timeouts.routeMs, TIMER_MS_MAX);
  const idleMs = Math.min(timeouts.idleMs, TIMER_MS_MAX);
  let connectTimer: NodeJS.Timeout | null = null;
  let routeTimer: NodeJS.Timeout | null = null;
  let connected = false;
  let expired: Expired | null = null;

  const expire = (upstream: ClientRequest, bound: Expired): void => {
    if (expired !== null) return;
    expired = bound;
    upstream.destroy(new Error(`${bound} timeout`));
  };
  const onConnected = (): void => {
    connected = true;
    if (connectTimer !== null) clearTimeout(connectTimer);
  };

  return {
    attach(upstream, socket, encrypted) {
      connected = upstream.reusedSocket;
      if (!connected) {
        if (connectMs > 0) connectTimer = setTimeout(() => expire(upstream, 'connect'), connectMs);
        socket.once(encrypted ? 'secureConnect' : 'connect', onConnected);
      }
      // An answer may come before the request has been sent whole; the route's clock starts when it has been.
      upstream.once('finish', () => {
        if (routeMs > 0 && expired === null) routeTimer = setTimeout(() => expire(upstream, 'route'), routeMs);
      });
      upstream.setTimeout(idleMs, () => expire(upstream, 'idle'));
    },
    get connected() {
      return connected;
    },
    get expired() {
      return expired;
    },
    stop() {
      if (connectTimer !== null) clearTimeout(connectTimer);
      if (routeTimer !== null) clearTimeout(routeTimer);
      connectTimer = routeTimer = null;
    },
  };
}

import type { Socket } from 'node:net';

/** What passed through a tunnel. */
export interface TunnelBytes {
  /** From the client */
  readonly up: number;
  /** To the client */
  readonly down: number;
}

export interface TunnelEnds {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Came with the client's request, and with the upstream's answer */
  readonly ahead: { readonly up: Buffer; readonly down: Buffer };
  /** Without a byte in either direction; 0 = no bound */
  readonly idleMs: number;
}

/** Timers take no more (24.8 days): a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;
/** One side has said all it will: how long the other may take to do the same. */
const LINGER_MS = 30_000;

/**
 * Passes bytes both ways, each as fast as its reader takes them, until one side ends: what it sent before still arrives. Neither
 * side outlives the other. `onEnd` is told once, when both are closed.
 */
export function openTunnel({ client, upstream, ahead, idleMs }: TunnelEnds, onEnd: (bytes: TunnelBytes) => void): void {
  const counted = { up: ahead.up.length, down: ahead.down.length };
  let open = 2;
  const cut = (): void => {
    client.destroy();
    upstream.destroy();
  };
  const timer = idleMs === 0 ? null : setTimeout(cut, Math.min(idleMs, TIMER_MS_MAX));
  let lingering: NodeJS.Timeout | null = null;

  const oneWay = (from: Socket, to: Socket, way: keyof TunnelBytes): void => {
    from.on('data', (chunk: Buffer) => {
      counted[way] += chunk.length;
      timer?.refresh();
    });
    from.pipe(to);
    // Bytes that wait for a slow reader keep a tunnel alive as those do that come.
    from.on('drain', () => timer?.refresh());
    from.on('error', () => undefined);
    from.once('end', () => (lingering ??= setTimeout(cut, LINGER_MS)));
    from.once('close', () => {
      // `pipe` passes an orderly end on; a broken side takes the other along.
      if (from.readableEnded) to.end();
      else to.destroy();
      if (--open > 0) return;
      if (timer !== null) clearTimeout(timer);
      if (lingering !== null) clearTimeout(lingering);
      onEnd(counted);
    });
  };
  if (ahead.up.length > 0) upstream.write(ahead.up);
  if (ahead.down.length > 0) client.write(ahead.down);
  oneWay(client, upstream, 'up');
  oneWay(upstream, client, 'down');
}

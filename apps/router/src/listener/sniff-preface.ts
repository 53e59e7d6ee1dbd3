import type { Socket } from 'node:net';

/** Who takes a connection, by what its client said first. */
export interface Takers {
  readonly http1: (socket: Socket) => void;
  readonly http2: (socket: Socket) => void;
  /** A new connection has this long to say something */
  readonly withinMs: number;
}

export interface Sniffer {
  /** Reads the first bytes, puts them back, and gives the connection on. */
  look(socket: Socket): void;
  /** Ends connections on which nothing has been said yet. */
  cut(): void;
}

/** RFC 9113 §3.4. No HTTP/1.1 request begins like it. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Tells HTTP/2 by prior knowledge from HTTP/1.1 on a port without TLS. */
export function createSniffer({ http1, http2, withinMs }: Takers): Sniffer {
  const silent = new Set<Socket>();
  return {
    look(socket) {
      let held: Buffer = Buffer.alloc(0);
      const onData = (chunk: Buffer): void => {
        held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        const length = Math.min(held.length, PREFACE.length);
        const same = held.compare(PREFACE, 0, length, 0, length) === 0;
        if (same && length < PREFACE.length) return;
        release();
        socket.pause();
        socket.unshift(held);
        if (same) return http2(socket);
        http1(socket);
        socket.resume();
      };
      const timer = setTimeout(() => socket.destroy(), withinMs);
      const release = (): void => {
        clearTimeout(timer);
        silent.delete(socket);
        socket.off('data', onData).off('close', release).off('end', onEnd).off('error', ignore);
      };
      const onEnd = (): void => void socket.destroy();
      silent.add(socket);
      socket.on('data', onData).on('close', release).on('end', onEnd).on('error', ignore);
    },
    cut() {
      for (const socket of silent) socket.destroy();
    },
  };
}

function ignore(): void {
  // `close` follows, and says all there is to say.
}

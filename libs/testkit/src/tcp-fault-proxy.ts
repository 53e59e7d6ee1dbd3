import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpFaultProxy {
  /** "127.0.0.1:port" */
  readonly address: string;
  readonly port: number;
  /** resets every connection and every new one, until healed */
  cut(): void;
  /** accepts and then says nothing in either direction: what a dead peer behind a firewall looks like */
  hang(): void;
  /** passes every chunk on this much later, in order */
  delay(ms: number): void;
  /** lets that many bytes more come from the target on each connection and then resets it, in the middle of whatever it is */
  cutAfter(bytes: number): void;
  /** a thin line: that many bytes a second each way and connection, in order */
  throttle(bytesPerSecond: number): void;
  /** leads new connections to another target ("host:port" or a port on 127.0.0.1) and resets the ones there are */
  point(target: string | number): void;
  /** connections made from now on work; ones that were cut stay cut, hung ones deliver what they held back */
  heal(): void;
  close(): Promise<void>;
}

type Fault =
  | { readonly is: 'none' }
  | { readonly is: 'cut' }
  | { readonly is: 'hang' }
  | { readonly is: 'delay'; readonly ms: number }
  | { readonly is: 'throttle'; readonly bytesPerSecond: number }
  | { readonly is: 'cut-after'; readonly bytes: number; readonly counts: WeakMap<Socket, number> };

/** A TCP proxy on loopback in front of `target` ("host:port" or a port on 127.0.0.1) that misbehaves on request. */
export async function tcpFaultProxy({ target }: { readonly target: string | number }): Promise<TcpFaultProxy> {
  let at = addressOf(target);
  const sockets = new Set<Socket>();
  const held = new Set<() => void>();
  let fault: Fault = { is: 'none' };

  /** Runs `work` now, later or when healed, as the fault of the moment wants. */
  const pass = (work: () => void): void => {
    if (fault.is === 'hang') held.add(work);
    else if (fault.is === 'delay') setTimeout(work, fault.ms).unref();
    else work();
  };
  const pipe = (from: Socket, to: Socket, isFromTarget: boolean): void => {
    let freeAtMs = 0;
    // One timer for the head of the line: timers of their own for two pieces may fire in either order.
    const line: { readonly atMs: number; readonly work: () => void }[] = [];
    const drain = (): void => {
      for (let next = line[0]; next !== undefined; next = line[0]) {
        const restMs = next.atMs - performance.now();
        if (restMs > 0) return void setTimeout(drain, Math.ceil(restMs)).unref();
        line.shift();
        next.work();
      }
    };
    /** In order, each after what its bytes take on a thin line. */
    const passBytes = (bytes: number, work: () => void): void => {
      if (fault.is !== 'throttle' && line.length === 0) return pass(work);
      const bytesPerMs = fault.is === 'throttle' ? fault.bytesPerSecond / 1000 : Infinity;
      freeAtMs = Math.max(freeAtMs, performance.now()) + bytes / bytesPerMs;
      line.push({ atMs: freeAtMs, work });
      if (line.length === 1) drain();
    };
    from.on('data', (chunk) => {
      if (fault.is !== 'cut-after' || !isFromTarget) return passBytes(chunk.length, () => void (to.destroyed || to.write(chunk)));
      const left = (fault.counts.get(from) ?? fault.bytes) - chunk.length;
      fault.counts.set(from, left);
      if (left > 0) return to.write(chunk);
      to.write(chunk.subarray(0, chunk.length + left), () => to.resetAndDestroy());
      from.destroy();
    });
    from.on('end', () => passBytes(0, () => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      if (fault.is !== 'cut-after') passBytes(0, () => to.destroy());
    });
  };

  const server = createServer({ allowHalfOpen: true }, (downstream) => {
    if (fault.is === 'cut') {
      downstream.resetAndDestroy();
      return;
    }
    const upstream = connect({ ...at, allowHalfOpen: true });
    for (const socket of [downstream, upstream]) sockets.add(socket.setNoDelay(true));
    pipe(downstream, upstream, false);
    pipe(upstream, downstream, true);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  const resetAll = (): void => {
    held.clear();
    for (const socket of sockets) socket.resetAndDestroy();
  };

  return {
    address: `127.0.0.1:${port}`,
    port,
    cut: () => {
      fault = { is: 'cut' };
      resetAll();
    },
    hang: () => {
      fault = { is: 'hang' };
    },
    delay: (ms) => {
      fault = { is: 'delay', ms };
    },
    cutAfter: (bytes) => {
      fault = { is: 'cut-after', bytes, counts: new WeakMap() };
    },
    throttle: (bytesPerSecond) => {
      fault = { is: 'throttle', bytesPerSecond };
    },
    point: (other) => {
      at = addressOf(other);
      resetAll();
    },
    heal: () => {
      fault = { is: 'none' };
      for (const work of held) work();
      held.clear();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        resetAll();
      }),
  };
}

function addressOf(target: string | number): { host: string; port: number } {
  if (typeof target === 'number') return { host: '127.0.0.1', port: target };
  const url = new URL(`tcp://${target}`);
  return { host: url.hostname.replaceAll(/[[\]]/g, ''), port: Number(url.port) };
}

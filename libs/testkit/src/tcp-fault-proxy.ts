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
  /** connections made from now on work; ones that were cut stay cut, hung ones deliver what they held back */
  heal(): void;
  close(): Promise<void>;
}

type Fault =
  | { readonly is: 'none' }
  | { readonly is: 'cut' }
  | { readonly is: 'hang' }
  | { readonly is: 'delay'; readonly ms: number };

/** A TCP proxy on loopback in front of `target` ("host:port" or a port on 127.0.0.1) that misbehaves on request. */
export async function tcpFaultProxy({ target }: { readonly target: string | number }): Promise<TcpFaultProxy> {
  const { host, port: targetPort } = addressOf(target);
  const sockets = new Set<Socket>();
  const held = new Set<() => void>();
  let fault: Fault = { is: 'none' };

  /** Runs `work` now, later or when healed, as the fault of the moment wants. */
  const pass = (work: () => void): void => {
    if (fault.is === 'hang') held.add(work);
    else if (fault.is === 'delay') setTimeout(work, fault.ms).unref();
    else work();
  };
  const pipe = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => pass(() => void (to.destroyed || to.write(chunk))));
    from.on('end', () => pass(() => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      pass(() => to.destroy());
    });
  };

  const server = createServer({ allowHalfOpen: true }, (downstream) => {
    if (fault.is === 'cut') {
      downstream.resetAndDestroy();
      return;
    }
    const upstream = connect({ host, port: targetPort, allowHalfOpen: true });
    for (const socket of [downstream, upstream]) sockets.add(socket.setNoDelay(true));
    pipe(downstream, upstream);
    pipe(upstream, downstream);
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

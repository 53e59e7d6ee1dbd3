import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';

import type { PolicyRuntime } from '@tidegate/policy-sdk';
import { createLogger, type FinishedSpan, type Tracing } from '@tidegate/process';

import { type Config, readConfig } from '../config.ts';
import type { HeldEntry } from '../discovery/held.ts';
import type { AccessEntry } from '../listener/access-line.ts';
import { createLiveTable, type LiveTableOptions } from '../policy-host/live-table.ts';
import { openTraffic, type Traffic } from '../traffic.ts';
import type { ResolveAll } from '../upstream/resolver.ts';
import { sampleHeld } from './sample-held.ts';

export interface TrafficUnderTest {
  readonly port: number;
  readonly url: string;
  /** `null` = no TLS */
  readonly tlsPort: number | null;
  readonly traffic: Traffic;
  /** Access lines so far */
  readonly lines: () => AccessEntry[];
  /** Spans so far, with `traced` */
  readonly spans: readonly FinishedSpan[];
  /** Serves these from now on */
  serve(entries: readonly HeldEntry[]): void;
}

export interface TestSetup {
  readonly entries: readonly HeldEntry[] | null;
  readonly runtimes?: readonly PolicyRuntime[];
  /** What policies find in place of nothing: settings, clock, calls */
  readonly policyHost?: Partial<Omit<LiveTableOptions, 'runtimes'>>;
  /** Absent = as the system does */
  readonly resolve?: ResolveAll;
  /** Every trace that begins here is sampled */
  readonly traced?: boolean;
  readonly router?: Partial<Omit<Config['router'], 'http_listener'>> & {
    http_listener?: Partial<Config['router']['http_listener']>;
  };
}

/** The whole data path on a free port, without discovery. The caller drains it. */
export async function startTraffic({
  entries,
  runtimes = [],
  policyHost = {},
  router = {},
  resolve,
  traced = false,
}: TestSetup): Promise<TrafficUnderTest> {
  const live = createLiveTable({ runtimes, settings: {}, now: Date.now, log: () => undefined, ...policyHost });
  if (entries !== null) live.apply(sampleHeld(entries), []);
  const lines: AccessEntry[] = [];
  const spans: FinishedSpan[] = [];
  const tracing: Tracing = { sample: () => true, record: (span) => void spans.push(span), close: () => Promise.resolve() };
  const config = readConfig([], {});
  const traffic = await openTraffic({
    router: {
      ...config.router,
      listener_port: 0,
      ...router,
      http_listener: { ...config.router.http_listener, ...router.http_listener },
    },
    live,
    ready: () => live.table !== null,
    ...(resolve !== undefined && { resolve }),
    // Level warn: a test says what it expects, not the log.
    logger: createLogger({ name: 'test', level: 'error', format: 'text', destination: { write: () => undefined } }),
    tracing: traced ? tracing : null,
    accessSink: (text) =>
      lines.push(
        ...text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as AccessEntry),
      ),
  });
  return {
    port: traffic.port,
    url: `http://127.0.0.1:${traffic.port}`,
    tlsPort: traffic.tlsPort,
    traffic,
    lines: () => lines,
    spans,
    serve: (next) => void live.apply(sampleHeld(next, 2), []),
  };
}

export interface TcpUpstream {
  readonly port: number;
  readonly sockets: readonly Socket[];
  close(): Promise<void>;
}

/** A TCP server that does to each connection what a test wants, and remembers them. */
export async function tcpUpstream(onConnection: (socket: Socket) => void): Promise<TcpUpstream> {
  const sockets: Socket[] = [];
  const server: Server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Sends bytes as they are; resolves to everything that came back until the other side closed, or until `enough` is in it. */
export function rawRequest(port: number, bytes: string, enough?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    const done = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (enough?.test(answer) === true) done();
    });
    socket.on('close', done);
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? done() : reject(error)));
  });
}

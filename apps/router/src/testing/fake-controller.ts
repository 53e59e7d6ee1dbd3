import { Server, ServerCredentials, type ServerDuplexStream, type ServiceError, status } from '@grpc/grpc-js';
import {
  ControllerMessage,
  type DiscoveryServer,
  DiscoveryService,
  encodeFrames,
  type Hello,
  type JoinRequest,
  type NodeMessage,
} from '@tidegate/gateway-ir';
import { waitFor } from '@tidegate/testkit';

import type { Held } from '../discovery/held.ts';

type Sent = NonNullable<NodeMessage['message']>;

/** One Connect as the controller sees it. */
export interface ServedStream {
  readonly authorization: string;
  /** Waits for the n-th message of a kind (0 = the first, -1 = the latest) */
  received<Case extends Sent['$case']>(kind: Case, nth?: number): Promise<Extract<Sent, { $case: Case }>['value']>;
  /** How many of a kind came so far */
  count(kind: Sent['$case']): number;
  hello(): Promise<Hello>;
  send(message: NonNullable<ControllerMessage['message']>): void;
  welcome(heartbeatMs?: number): void;
  /** A full listing of this table */
  list(held: Held, options?: { deletionsConfirmed?: boolean }): void;
  /** A delta: entries changed, ids removed, leading to this table */
  delta(from: number, held: Held, removed?: readonly { kind: number; id: string }[]): void;
  end(): void;
  readonly over: boolean;
}

export interface FakeController {
  readonly address: string;
  readonly streams: ServedStream[];
  readonly joins: JoinRequest[];
  /** Credentials that are accepted; joining adds one */
  readonly credentials: Set<string>;
  /** Waits for the n-th stream (0 = the first) */
  stream(nth: number): Promise<ServedStream>;
  stop(): void;
}

/** The controller's half of discovery.proto on a loopback port, driven by a test. Join tokens: "join-…" */
export async function fakeController(port = 0): Promise<FakeController> {
  const streams: ServedStream[] = [];
  const joins: JoinRequest[] = [];
  const credentials = new Set<string>();
  const server = new Server();
  const implementation: DiscoveryServer = {
    join(call, callback) {
      joins.push(call.request);
      if (!call.request.joinToken.startsWith('join-')) return callback(refusal());
      const nodeCredential = `credential-${joins.length}`;
      credentials.add(nodeCredential);
      callback(null, { gatewayId: 'gw', gatewayHandle: 'default', nodeCredential, expiresAtMs: Date.now() + 3_600_000 });
    },
    connect(call) {
      const authorization = String(call.metadata.get('authorization')[0] ?? '');
      if (credentials.has(authorization.replace('Bearer ', ''))) streams.push(serve(call, authorization));
      else call.emit('error', refusal());
    },
  };
  server.addService(DiscoveryService, implementation);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, actual) =>
      error ? reject(error) : resolve(actual),
    );
  });
  return {
    address: `127.0.0.1:${bound}`,
    streams,
    joins,
    credentials,
    stream: (nth) => waitFor(() => streams[nth], { what: `stream ${nth}` }),
    stop: () => server.forceShutdown(),
  };
}

function refusal(): Partial<ServiceError> {
  return { code: status.UNAUTHENTICATED, details: 'no' };
}

function serve(call: ServerDuplexStream<NodeMessage, ControllerMessage>, authorization: string): ServedStream {
  const received: Sent[] = [];
  let over = false;
  call.on('data', ({ message }: NodeMessage) => message && received.push(message));
  call.on('end', () => call.end());
  for (const event of ['close', 'cancelled'])
    call.on(event, () => {
      over = true;
    });
  call.on('error', () => {
    over = true;
  });

  const send = (message: NonNullable<ControllerMessage['message']>): void => void call.write({ message });
  const begin = (from: number, { epoch, version, compilerBuild }: Held, deletionsConfirmed = false): void =>
    send({ $case: 'begin', value: { epoch, fromVersion: from, version, compilerBuild, deletionsConfirmed } });
  const commit = ({ epoch, version, tableHash, entries }: Held): void =>
    send({ $case: 'commit', value: { epoch, version, tableHash, entryCount: entries.size, committedAtMs: 0 } });
  const sendEntries = (held: Held, removed: readonly { kind: number; id: string }[]): void => {
    const gone = removed.map(({ kind, id }) => ({ kind: kind as 1, id, removed: true, hash: Buffer.alloc(0), content: null }));
    const sources = [...gone, ...[...held.entries.values()].map((entry) => ({ ...entry, removed: false }))];
    for (const frame of encodeFrames(sources)) call.write(ControllerMessage.decode(frame));
  };
  const wait = async (kind: string, nth: number): Promise<unknown> => {
    const found = await waitFor(() => received.filter(({ $case }) => $case === kind).at(nth), {
      what: `${kind} ${nth} from the node`,
    });
    return found.value;
  };

  return {
    authorization,
    received: (kind, nth = 0) => wait(kind, nth) as never,
    count: (kind) => received.filter(({ $case }) => $case === kind).length,
    hello: () => wait('hello', 0) as Promise<Hello>,
    send,
    welcome: (heartbeatMs = 1000) =>
      send({
        $case: 'welcome',
        value: { heartbeatMs, leaseMs: 3000, epoch: 1, streamEpoch: 1, gatewayId: 'gw', gatewayHandle: 'default' },
      }),
    list(held, { deletionsConfirmed = false } = {}) {
      begin(0, held, deletionsConfirmed);
      sendEntries(held, []);
      commit(held);
    },
    delta(from, held, removed = []) {
      begin(from, held);
      sendEntries(held, removed);
      commit(held);
    },
    end: () => call.end(),
    get over() {
      return over;
    },
  };
}

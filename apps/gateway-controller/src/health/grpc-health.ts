import { type handleServerStreamingCall, type handleUnaryCall, type ServerWritableStream, status } from '@grpc/grpc-js';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Pool } from 'pg';

import { PG_POOL } from '../database/database.module.ts';
import { SnapshotStore } from '../discovery/snapshot-store.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { readiness } from './readiness.ts';

interface Asked {
  readonly service: string;
}

const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;
const SERVICES = ['', 'tidegate.discovery.v1.Discovery', 'tidegate.sync.v1.Sync', 'tidegate.sync.v1.TopDown'];
const WATCH_MS = 5000;

/**
 * The gRPC health protocol (github.com/grpc/grpc/blob/master/doc/health-checking.md), for balancers and probes that speak it: serving
 * while this replica is ready, as on the admin port. Open to anyone.
 */
@Injectable()
export class GrpcHealth implements OnModuleInit, BeforeApplicationShutdown {
  readonly #server: GrpcServer;
  readonly #pool: Pool;
  readonly #snapshots: SnapshotStore;
  readonly #watching = new Set<() => void>();
  #stopping = false;

  constructor(
    @Inject(GrpcServer) server: GrpcServer,
    @Inject(PG_POOL) pool: Pool,
    @Inject(SnapshotStore) snapshots: SnapshotStore,
  ) {
    this.#server = server;
    this.#pool = pool;
    this.#snapshots = snapshots;
  }

  onModuleInit(): void {
    const check: handleUnaryCall<Asked, number> = ({ request }, answer) => {
      if (!SERVICES.includes(request.service))
        return answer({ code: status.NOT_FOUND, details: `no service ${request.service}` });
      void this.#status().then((found) => answer(null, found));
    };
    const watch: handleServerStreamingCall<Asked, number> = (call) => this.#watch(call);
    this.#server.addService({ check: { ...METHOD, path: `${PATH}Check` }, watch: WATCH }, { check, watch });
  }

  beforeApplicationShutdown(): void {
    this.#stopping = true;
    for (const end of this.#watching) end();
  }

  #watch(call: ServerWritableStream<Asked, number>): void {
    let said: number | null = null;
    const say = (found: number): void => {
      if (found !== said) call.write(found);
      said = found;
    };
    if (!SERVICES.includes(call.request.service)) return say(SERVICE_UNKNOWN);
    const look = () => void this.#status().then((found) => call.writable && say(found));
    const timer = setInterval(look, WATCH_MS).unref();
    const end = (): void => {
      say(NOT_SERVING);
      call.end();
      stop();
    };
    const stop = (): void => {
      clearInterval(timer);
      this.#watching.delete(end);
    };
    this.#watching.add(end);
    call.on('cancelled', stop);
    look();
  }

  async #status(): Promise<number> {
    if (this.#stopping) return NOT_SERVING;
    const checks = await readiness(this.#pool, this.#snapshots);
    return Object.values(checks).every(Boolean) ? SERVING : NOT_SERVING;
  }
}

const PATH = '/grpc.health.v1.Health/';

/** HealthCheckRequest { string service = 1 } and HealthCheckResponse { ServingStatus status = 1 }, too small for generated code. */
const METHOD = {
  requestStream: false as const,
  responseStream: false as const,
  requestSerialize: ({ service }: Asked) => Buffer.concat([Buffer.of(0x0a, service.length), Buffer.from(service)]),
  requestDeserialize: serviceOf,
  responseSerialize: (found: number) => Buffer.of(0x08, found),
  responseDeserialize: (bytes: Buffer) => bytes[1] ?? 0,
};
const WATCH = { ...METHOD, path: `${PATH}Watch`, responseStream: true as const };

/** Names of services are shorter than a one-byte length says; anything else is none that we know. */
function serviceOf(bytes: Buffer): Asked {
  const [tag, length = 0] = bytes;
  const service = tag === 0x0a && length < 0x80 ? bytes.toString('utf8', 2, 2 + length) : bytes.length === 0 ? '' : '?';
  return { service };
}

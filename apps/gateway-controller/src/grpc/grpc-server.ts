import {
  experimental,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { isLoopback, type Logger, watchCertificates } from '@tidegate/process';

import type { ControllerConfig } from '../config.ts';
import { CONFIG, LOGGER } from '../settings.module.ts';

/** What this server reads of the configuration. */
export interface GrpcConfig {
  readonly grpcPort: number;
  readonly controller: {
    readonly server: Pick<ControllerConfig['controller']['server'], 'grpc_host' | 'grpc_tls' | 'shutdown_timeout'>;
  };
}

/** Requests and answers, bytes. The largest are a Hello with 10 000 key ids and a document of 1 MiB on its way to APIM. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * One gRPC server for everything that other processes ask the controller: routers (Discovery) and apim-sync (Sync).
 * Services register while modules initialise; listening starts when the application has.
 */
@Injectable()
export class GrpcServer implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #config: GrpcConfig;
  readonly #logger: Logger;
  readonly #server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    // Finds dead connections for the transport's sake; whether a node lives is decided by its heartbeats (rule 8)
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.keepalive_permit_without_calls': 1,
  });
  #port: number | null = null;

  constructor(@Inject(CONFIG) config: GrpcConfig, @Inject(LOGGER) logger: Logger) {
    this.#config = config;
    this.#logger = logger;
  }

  /** Call from `onModuleInit` at the latest. */
  addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    this.#server.addService(definition, implementation);
  }

  /** The port listened on, also when the setting said 0. `null`: not listening. For readiness and tests. */
  get port(): number | null {
    return this.#port;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { grpc_host: host } = this.#config.controller.server;
    this.#port = await this.#bind(`${host.includes(':') ? `[${host}]` : host}:${this.#config.grpcPort}`);
    this.#logger.info({ host, port: this.#port }, 'Listening for routers and apim-sync (gRPC)');
  }

  /** Calls in progress get half of the shutdown time; the streams of routers were ended by their service before. */
  async onApplicationShutdown(): Promise<void> {
    this.#port = null;
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => this.#server.forceShutdown(), this.#config.controller.server.shutdown_timeout / 2);
      this.#server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
  }

  #bind(address: string): Promise<number> {
    const credentials = credentialsFor(this.#config, this.#logger);
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, credentials, (error, port) => {
        if (error)
          reject(new Error(`Cannot listen on ${address} (controller.server.grpc_port): ${error.message}`, { cause: error }));
        else resolve(port);
      });
    });
  }
}

/**
 * TLS where files are configured, and from clients too where an authority of theirs is; in clear only on loopback (decision 27). New
 * files serve the connections that are made from then on.
 * @throws Error naming the settings, or when a file cannot be used
 */
function credentialsFor({ controller: { server } }: GrpcConfig, logger: Logger): ServerCredentials {
  const { cert_file: certFile, key_file: keyFile, client_ca_file: caFile, reload_interval: everyMs } = server.grpc_tls;
  if (certFile !== '' && keyFile !== '') {
    const onProblem = (problem: string) =>
      logger.error({ problem }, 'The certificates of the gRPC port cannot be used; those before are still');
    const watched = watchCertificates({ certFile, keyFile, caFile }, { everyMs, onProblem });
    return experimental.createCertificateProviderServerCredentials(watched, caFile === '' ? null : watched, caFile !== '');
  }
  if (isLoopback(server.grpc_host)) return ServerCredentials.createInsecure();
  throw new Error(
    `controller.server.grpc_host = "${server.grpc_host}" is reachable from other machines without TLS: ` +
      'set controller.server.grpc_tls.cert_file and key_file',
  );
}

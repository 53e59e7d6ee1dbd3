import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import { SyncService } from '@tidegate/sync-link';
import type { Pool } from 'pg';

import type { ControllerConfig } from '../config.ts';
import { PG_POOL } from '../database/database.module.ts';
import { GrpcModule } from '../grpc/grpc.module.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { CONFIG, LOGGER } from '../settings.module.ts';
import { WebhookDestinations } from '../webhooks/webhook-destinations.ts';
import { ApimLinks } from './apim-links.ts';
import { syncService } from './sync-service.ts';

/** Desired against known for APIM, and the service apim-sync works through. Needs SettingsModule and DatabaseModule. */
@Module({ imports: [GrpcModule], providers: [ApimLinks], exports: [ApimLinks] })
export class ApimLinkModule implements OnModuleInit {
  readonly #grpc: GrpcServer;
  readonly #pool: Pool;
  readonly #config: Pick<ControllerConfig, 'controller'>;
  readonly #logger: Logger;
  readonly #destinations: WebhookDestinations;

  constructor(
    @Inject(GrpcServer) grpc: GrpcServer,
    @Inject(PG_POOL) pool: Pool,
    @Inject(CONFIG) config: Pick<ControllerConfig, 'controller'>,
    @Inject(LOGGER) logger: Logger,
    @Inject(WebhookDestinations) destinations: WebhookDestinations,
  ) {
    this.#grpc = grpc;
    this.#pool = pool;
    this.#config = config;
    this.#logger = logger;
    this.#destinations = destinations;
  }

  onModuleInit(): void {
    const { sync, controlplane } = this.#config.controller;
    const wanting = (type: string) => this.#destinations.wanting(type);
    this.#grpc.addService(
      SyncService,
      syncService({ pool: this.#pool, token: sync.token, controlplane, wanting, logger: this.#logger }),
    );
  }
}

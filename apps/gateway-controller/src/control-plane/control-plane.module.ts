import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import { TopDownService } from '@tidegate/sync-link';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import type { ControllerConfig } from '../config.ts';
import { PG_POOL } from '../database/database.module.ts';
import { GrpcModule } from '../grpc/grpc.module.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { RestApisModule } from '../rest-apis/rest-apis.module.ts';
import { CONFIG, LOGGER } from '../settings.module.ts';
import { SecretsModule } from '../secrets/secrets.module.ts';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.ts';
import { ApplyEvent } from './apply-event.ts';
import { ApplySubscription } from './apply-subscription.ts';
import { RemoteDeployments } from './remote-deployments.ts';
import { RemoteKeys } from './remote-keys.ts';
import { RemoteSecrets } from './remote-secrets.ts';
import { topDownService } from './top-down-service.ts';

/** What a control plane sends down, from its inbox to the routers. */
@Module({
  imports: [GrpcModule, ChangeLogModule, RestApisModule, SecretsModule, SubscriptionsModule],
  providers: [ApplyEvent, ApplySubscription, RemoteDeployments, RemoteKeys, RemoteSecrets],
})
export class ControlPlaneModule implements OnModuleInit {
  readonly #grpc: GrpcServer;
  readonly #pool: Pool;
  readonly #dataSource: DataSource;
  readonly #events: ApplyEvent;
  readonly #config: Pick<ControllerConfig, 'controller'>;
  readonly #logger: Logger;

  constructor(
    @Inject(GrpcServer) grpc: GrpcServer,
    @Inject(PG_POOL) pool: Pool,
    @Inject(DataSource) dataSource: DataSource,
    @Inject(ApplyEvent) events: ApplyEvent,
    @Inject(CONFIG) config: Pick<ControllerConfig, 'controller'>,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#grpc = grpc;
    this.#pool = pool;
    this.#dataSource = dataSource;
    this.#events = events;
    this.#config = config;
    this.#logger = logger;
  }

  onModuleInit(): void {
    const { token } = this.#config.controller.sync;
    this.#grpc.addService(
      TopDownService,
      topDownService({ pool: this.#pool, db: this.#dataSource.manager, events: this.#events, token, logger: this.#logger }),
    );
  }
}

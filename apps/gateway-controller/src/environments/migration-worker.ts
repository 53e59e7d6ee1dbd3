import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';

import { LeasedJob } from '../change-log/leased-job.ts';
import { PG_POOL } from '../database/database.module.ts';
import { LOGGER } from '../settings.module.ts';
import { MigrationEngine } from './migration-engine.ts';
import { runningMigrations } from './migrations.repository.ts';

const LEASE = 'environment-migrations';
const EVERY_MS = 500;
const LEASE_MS = 5000;

/**
 * Moves running migrations on, one replica at a time. It keeps nothing; each transition looks at the state again under its locks.
 */
@Injectable()
export class MigrationWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #dataSource: DataSource;
  readonly #engine: MigrationEngine;
  readonly #logger: Logger;
  readonly #job: LeasedJob;

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(DataSource) dataSource: DataSource,
    @Inject(MigrationEngine) engine: MigrationEngine,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#dataSource = dataSource;
    this.#engine = engine;
    this.#logger = logger;
    this.#job = new LeasedJob({
      pool,
      logger,
      lease: LEASE,
      everyMs: EVERY_MS,
      leaseMs: LEASE_MS,
      isDue: async () => (await runningMigrations(dataSource.manager)).length > 0,
      run: () => this.#look(),
      failed: 'Environment migrations could not be moved on; next try soon',
    });
  }

  onApplicationBootstrap(): void {
    this.#job.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#job.stop();
  }

  async #look(): Promise<void> {
    for (const migration of await runningMigrations(this.#dataSource.manager)) {
      const after = await this.#engine.advance(migration);
      if (after.state !== migration.state)
        this.#logger.info(
          { migration: migration.id, environment: migration.environment, from: migration.state, to: after.state },
          'An environment migration moved on',
        );
    }
  }
}

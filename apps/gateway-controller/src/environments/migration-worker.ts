import { randomUUID } from 'node:crypto';

import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';

import { coalesce } from '../change-log/coalesce.ts';
import { dropLease, takeLease } from '../change-log/lease.ts';
import { PG_POOL } from '../database/database.module.ts';
import { LOGGER } from '../settings.module.ts';
import { MigrationEngine } from './migration-engine.ts';
import { runningMigrations } from './migrations.repository.ts';

const LEASE = 'environment-migrations';
const EVERY_MS = 500;
const LEASE_MS = 5000;

/**
 * Moves running migrations on, one replica at a time. It keeps nothing: a worker that dies leaves rows from which the next one,
 * here or elsewhere, goes on. The lease only saves work; each transition looks at the state again under its locks.
 */
@Injectable()
export class MigrationWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #dataSource: DataSource;
  readonly #engine: MigrationEngine;
  readonly #logger: Logger;
  readonly #owner = randomUUID();
  readonly #lookOnce = coalesce(() => this.#look());
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(DataSource) dataSource: DataSource,
    @Inject(MigrationEngine) engine: MigrationEngine,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#pool = pool;
    this.#dataSource = dataSource;
    this.#engine = engine;
    this.#logger = logger;
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.#lookOnce(), EVERY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#lookOnce();
    await dropLease(this.#pool, LEASE, this.#owner).catch(() => undefined); // it runs out by itself
  }

  /** Never fails: what could not be done now is due at the next look. */
  async #look(): Promise<void> {
    try {
      if ((await takeLease(this.#pool, LEASE, this.#owner, LEASE_MS)) === null) return;
      for (const migration of await runningMigrations(this.#dataSource.manager)) {
        const after = await this.#engine.advance(migration);
        if (after.state !== migration.state)
          this.#logger.info(
            { migration: migration.id, environment: migration.environment, from: migration.state, to: after.state },
            'An environment migration moved on',
          );
      }
    } catch (error) {
      this.#logger.warn({ err: error }, 'Environment migrations could not be moved on; next try soon');
    }
  }
}

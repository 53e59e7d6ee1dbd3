import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Logger } from '@tidegate/process';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';

import type { ControllerConfig } from '../config.ts';
import { CONFIG, LOGGER } from '../settings.module.ts';
import { connectionOf } from './connection.ts';
import { connect, dataSourceOptions, settleSchema } from './data-source.ts';

/** A `pg.Pool` beside TypeORM's, for what must not wait behind writes: LISTEN, snapshot reads, readiness. */
export const PG_POOL = Symbol('PG_POOL');

/** There once the tables are what this release needs. */
const SCHEMA = Symbol('SCHEMA');

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG, LOGGER],
      useFactory: (config: ControllerConfig, logger: Logger) => ({
        ...dataSourceOptions(config.controller.storage.postgres, logger),
        // an unreachable database is the operator's to mend: it is said once, with the setting's name
        toRetry: () => false,
      }),
      dataSourceFactory: connect,
    }),
  ],
  providers: [
    {
      provide: SCHEMA,
      inject: [DataSource, CONFIG, LOGGER],
      useFactory: (dataSource: DataSource, config: ControllerConfig, logger: Logger) =>
        settleSchema(dataSource, config.controller.storage, logger),
    },
    // After the schema: whoever uses the pool finds the tables there.
    {
      provide: PG_POOL,
      inject: [CONFIG, LOGGER, SCHEMA],
      useFactory: (config: ControllerConfig, logger: Logger) => openPool(config, logger),
    },
  ],
  exports: [PG_POOL],
})
export class DatabaseModule implements OnApplicationShutdown {
  readonly #pool: Pool;

  constructor(@Inject(PG_POOL) pool: Pool) {
    this.#pool = pool;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#pool.end();
  }
}

function openPool(config: ControllerConfig, logger: Logger): Pool {
  const { postgres } = config.controller.storage;
  const pool = new Pool({ ...connectionOf(postgres), max: POOL_CONNECTIONS_MAX, query_timeout: postgres.query_timeout });
  // An idle connection that the server drops is replaced at the next use; without a listener it would end the process.
  pool.on('error', (error) => logger.warn({ err: error }, 'Idle database connection lost'));
  // The same for a connection in use: whoever uses it is told by its query, but `pg` emits the event as well.
  pool.on('connect', (client) => client.on('error', (error) => logger.debug({ err: error }, 'Database connection lost')));
  return pool;
}

const POOL_CONNECTIONS_MAX = 8;

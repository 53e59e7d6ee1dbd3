import type { Logger } from '@tidegate/process';
import { Client } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';

import type { PostgresSettings, Settings } from '../config.ts';
import { connectionOf } from './connection.ts';
import { MIGRATIONS } from './migrations.ts';

/** TypeORM's half of the database: transactions and migrations. */
export function dataSourceOptions(postgres: PostgresSettings, logger: Logger): DataSourceOptions {
  return {
    type: 'postgres',
    // `extra` goes to pg.Pool as it is: one description of the connection for both pools
    extra: { ...connectionOf(postgres), max: postgres.max_open_conns, query_timeout: postgres.query_timeout },
    poolErrorHandler: (error: unknown) => logger.warn({ err: error }, 'Idle database connection lost'),
    migrations: [...MIGRATIONS],
    migrationsTableName: 'schema_migration',
    // uuids come from the application; without this TypeORM installs an extension for which it needs rights
    installExtensions: false,
    logging: false,
  };
}

/** @throws when the database cannot be reached, naming the setting */
export async function connect(options: DataSourceOptions | undefined): Promise<DataSource> {
  if (options === undefined) throw new Error('TypeORM was given no options');
  return new DataSource(options).initialize().catch(unreachable);
}

/**
 * Brings the tables to what this release needs, before anything else uses them; closes the data source when it cannot.
 * @throws when a migration fails, or when `migrate = check` and migrations are missing
 */
export async function settleSchema(
  dataSource: DataSource,
  { migrate: mode, postgres }: Settings['controller']['storage'],
  logger: Logger,
): Promise<true> {
  try {
    if (mode === 'auto') await migrate(postgres, logger);
    else await check(dataSource);
    return true;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

function unreachable(error: unknown): never {
  const said = error instanceof Error ? error.message : String(error);
  throw new Error(`Cannot use PostgreSQL (controller.storage.postgres): ${said}`, { cause: error });
}

/**
 * All replicas that start at once take turns; the lock belongs to a connection of its own and goes with it. Neither waiting for
 * one's turn nor a migration has a time limit.
 * @returns names of what was applied now
 */
export async function migrate(postgres: PostgresSettings, logger: Logger): Promise<string[]> {
  const client = new Client(connectionOf(postgres));
  await client.connect();
  const dataSource = await connect({ ...dataSourceOptions(postgres, logger), extra: connectionOf(postgres) });
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const done = await dataSource.runMigrations({ transaction: 'each' });
    for (const { name } of done) logger.info({ migration: name }, 'Migration applied');
    return done.map(({ name }) => name);
  } finally {
    await dataSource.destroy();
    await client.end();
  }
}

/** Any number, as long as every release uses the same. */
const MIGRATION_LOCK = 7_484_501;

async function check(dataSource: DataSource): Promise<void> {
  if (!(await dataSource.showMigrations())) return;
  throw new Error(
    'The database schema is older than this release; run "gateway-controller db migrate", or set controller.storage.migrate = "auto"',
  );
}

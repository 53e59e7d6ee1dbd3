import { DataSource } from 'typeorm';

import { MIGRATIONS } from '../database/migrations.ts';

/** For `freshDatabase`: this release's tables, and nothing in them. */
export async function migrate(url: string): Promise<void> {
  const migrations = { migrations: [...MIGRATIONS], migrationsTableName: 'schema_migration' };
  const source = await new DataSource({ type: 'postgres', url, installExtensions: false, ...migrations }).initialize();
  await source.runMigrations();
  await source.destroy();
}

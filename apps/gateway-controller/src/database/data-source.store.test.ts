import { createLogger } from '@tidegate/process';
import { freshDatabase } from '@tidegate/testkit';
import type { DataSource } from 'typeorm';
import { expect, it } from 'vitest';

import { settingsOf } from '../config.ts';
import { connect, dataSourceOptions, settleSchema } from './data-source.ts';
import { dbMigrate } from './db-migrate.ts';
import { MIGRATIONS } from './migrations.ts';

const logger = createLogger({ name: 'test', level: 'error', format: 'json' });

async function openDataSource(settings: ReturnType<typeof storage>): Promise<DataSource> {
  const dataSource = await connect(dataSourceOptions(settings.postgres, logger));
  await settleSchema(dataSource, settings, logger);
  return dataSource;
}

function storage(url: string, migrate: 'auto' | 'check') {
  return settingsOf({ controller: { storage: { migrate, postgres: { dsn: url } } } }).controller.storage;
}

it('migrates once, however many start at the same moment', async () => {
  const database = await freshDatabase();
  const sources = await Promise.all([1, 2, 3].map(() => openDataSource(storage(database.url, 'auto'))));
  const rows = await sources[0]?.query<{ name: string }[]>('SELECT name FROM schema_migration');
  expect(rows).toHaveLength(MIGRATIONS.length);
  await Promise.all(sources.map((source) => source.destroy()));
  await database.drop();
});

it('only checks where it is told to, and names the setting when the schema is too old', async () => {
  const database = await freshDatabase();
  await expect(openDataSource(storage(database.url, 'check'))).rejects.toThrow('controller.storage.migrate');
  const migrated = await openDataSource(storage(database.url, 'auto'));
  const checked = await openDataSource(storage(database.url, 'check'));
  await Promise.all([migrated.destroy(), checked.destroy()]);
  await database.drop();
});

it('`db migrate` applies what is missing and says so; controllers that only check are content then', async () => {
  const database = await freshDatabase();
  const config = settingsOf({ controller: { storage: { migrate: 'check', postgres: { dsn: database.url } } } });
  const said = await dbMigrate(config, logger);
  expect(said.split('\n')).toHaveLength(MIGRATIONS.length);
  expect(await dbMigrate(config, logger)).toBe('Nothing to apply: the schema is up to date');
  const checked = await openDataSource(config.controller.storage);
  await checked.destroy();
  await database.drop();
});

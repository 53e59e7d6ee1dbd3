import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Client } from 'pg';

export interface FreshDatabase {
  readonly url: string;
  /** disconnects whoever is still in it */
  drop(): Promise<void>;
}

const MIGRATIONS = fileURLToPath(new URL('../../../../apps/gateway-controller/migrations', import.meta.url));
/** Advisory locks are per database; all workers take this one in `postgres`, so one of them builds the template. */
const TEMPLATE_LOCK = 0x71de_9a7e;

/**
 * A database of this test's own on the run's server, cloned from a template in tens of milliseconds. The template is built by `migrate`
 * once per run and migrations (hash of the controller's migration files and of `migrate` itself); without `migrate` it is empty.
 */
export async function freshDatabase(migrate?: (url: string) => Promise<void>): Promise<FreshDatabase> {
  const server = process.env['TIDEGATE_TEST_PG'];
  if (!server)
    throw new Error('No PostgreSQL for this run: freshDatabase works in store and system tests, where vitest starts one');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(server, async (client) => {
    const template = migrate ? await templateFor(client, server, migrate) : 'template1';
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  return {
    url: databaseUrl(server, name),
    drop: () => withClient(server, (client) => drop(client, name)),
  };
}

/**
 * Connections that are closing get a moment: pools call themselves ended before their sockets are, and one that is cut then has
 * nobody left who listens for its error.
 */
async function drop(client: Client, name: string): Promise<void> {
  for (let left = 50; left > 0; left--) {
    const { rowCount } = await client.query('SELECT FROM pg_stat_activity WHERE datname = $1', [name]);
    if (rowCount === 0) break;
    await client.query('SELECT pg_sleep(0.01)');
  }
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

async function templateFor(client: Client, server: string, migrate: (url: string) => Promise<void>): Promise<string> {
  const template = `template_${migrationsHash(migrate.toString())}`;
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    // a template that may not be connected to is a finished one; anything else is what a failed migration left
    const { rows } = await client.query<{ finished: boolean }>(
      'SELECT NOT datallowconn AS finished FROM pg_database WHERE datname = $1',
      [template],
    );
    if (rows[0]?.finished) return template;
    await client.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${template}`);
    await migrate(databaseUrl(server, template));
    await client.query(`ALTER DATABASE ${template} ALLOW_CONNECTIONS false`);
    await client.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [template]);
    return template;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

function migrationsHash(migrate: string): string {
  const hash = createHash('sha256').update(migrate);
  const files = existsSync(MIGRATIONS) ? readdirSync(MIGRATIONS, { recursive: true, encoding: 'utf8' }) : [];
  for (const file of files.filter((name) => name.endsWith('.ts')).sort())
    hash.update(file).update(readFileSync(join(MIGRATIONS, file)));
  return hash.digest('hex').slice(0, 16);
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

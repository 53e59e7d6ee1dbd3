import { Client } from 'pg';
import { expect, it } from 'vitest';

import { waitFor } from '../wait-for.ts';
import { freshDatabase } from './fresh-database.ts';

let built = 0;

async function migrate(url: string): Promise<void> {
  built++;
  await query(url, 'CREATE TABLE pet (id int PRIMARY KEY)');
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

it('clones one template per migrations, however many ask at once', async () => {
  const databases = await Promise.all([freshDatabase(migrate), freshDatabase(migrate), freshDatabase(migrate)]);
  expect(built).toBe(1);
  await query(databases[0].url, 'INSERT INTO pet VALUES (1)');
  expect(await query(databases[0].url, 'SELECT * FROM pet')).toHaveLength(1);
  expect(await query(databases[1].url, 'SELECT * FROM pet')).toHaveLength(0);
  await Promise.all(databases.map((database) => database.drop()));
});

it('starts over after a migration that failed half-way', async () => {
  let attempt = 0;
  const flaky = async (url: string): Promise<void> => {
    await query(url, 'CREATE TABLE half (id int)');
    if (++attempt === 1) throw new Error('half-way');
  };
  await expect(freshDatabase(flaky)).rejects.toThrow('half-way');
  const database = await freshDatabase(flaky);
  expect(await query(database.url, 'SELECT * FROM half')).toEqual([]);
  await database.drop();
});

it('drops a database somebody is still connected to', async () => {
  const database = await freshDatabase();
  const client = new Client({ connectionString: database.url });
  const errors: Error[] = [];
  client.on('error', (error) => errors.push(error));
  await client.connect();
  await database.drop();
  await waitFor(() => errors.length > 0, { what: 'the client to be disconnected' });
  await client.end().catch(() => undefined); // already cut off
});

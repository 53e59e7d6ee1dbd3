import { auditList } from '@tidegate/management-api';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;
let database: Client;

beforeAll(async () => {
  under = await controllerUnderTest();
  database = new Client({ connectionString: under.databaseUrl });
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await under.close();
});

const entries = async (query: string) => auditList.parse((await under.call(`/audit-log?${query}`)).body).entries;

it('writes down who asked for which change and what came of it, and reads not at all', async () => {
  const headers = { 'x-correlation-id': 'my-request-1' };
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Audited'), as: 'dev:dev', headers });
  await under.call('/rest-apis/Audited');
  await under.call('/rest-apis/Audited', { method: 'PUT', body: '{', as: 'dev:dev' });
  await under.call('/rest-apis/Audited', { method: 'DELETE' });
  expect(await entries('path=/rest-apis')).toMatchObject([
    { actor: 'admin', action: 'deleteRestApi', path: '/rest-apis/Audited', status: 200, code: null },
    { actor: 'dev', action: 'replaceRestApi', status: 400, code: 'malformed_body' },
    { actor: 'dev', action: 'createRestApi', status: 201, requestId: 'my-request-1', client: '127.0.0.1' },
  ]);
  expect(await entries('actor=dev&action=createRestApi')).toHaveLength(1);
  expect(await entries('from=2099-01-01T00:00:00Z')).toHaveLength(0);
  expect((await under.call('/audit-log?from=yesterday')).status).toBe(400);
});

it('never keeps a body, nor a key that came in one', async () => {
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Silent') });
  await under.call('/rest-apis/Silent/api-keys', { method: 'POST', body: { apiKey: 'planted-secret-planted-secret-planted' } });
  const { rows } = await database.query('SELECT * FROM audit_entry');
  expect(JSON.stringify(rows)).not.toContain('planted-secret');
  expect(rows).not.toHaveLength(0);
});

it('is for admins and viewers', async () => {
  expect((await under.call('/audit-log', { as: 'view:view' })).status).toBe(200);
  for (const as of ['dev:dev', 'con:con']) expect((await under.call('/audit-log', { as })).status).toBe(403);
});

it('changes nothing that it cannot write down', async () => {
  await database.query('ALTER TABLE audit_entry RENAME TO audit_entry_away');
  try {
    expect((await under.call('/rest-apis', { method: 'POST', body: sampleApi('Unseen') })).status).toBe(500);
  } finally {
    await database.query('ALTER TABLE audit_entry_away RENAME TO audit_entry');
  }
  expect((await under.call('/rest-apis/Unseen')).status).toBe(404);
});

import { randomUUID } from 'node:crypto';

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

const post = (path: string, key: string, body: unknown, as = 'admin:admin') =>
  under.call(path, { method: 'POST', body, as, headers: { 'idempotency-key': key } });

it('answers a repeated POST as the first time, and does nothing', async () => {
  const key = randomUUID();
  const first = await post('/rest-apis', key, sampleApi('Once'));
  const again = await post('/rest-apis', key, sampleApi('Once'));
  expect(first.status).toBe(201);
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again).toMatchObject({ status: 201, body: first.body });
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(again.headers.get('location')).toBe('/rest-apis/Once');
  expect(again.headers.get('etag')).toBe('"1"');
  expect((await under.call('/rest-apis?displayName=Once')).body.total).toBe(1);
});

it('shows a new API key again to whoever has the Idempotency-Key, and keeps it nowhere in clear', async () => {
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Keyed') });
  const key = randomUUID();
  const first = await post('/rest-apis/Keyed/api-keys', key, {}, 'con:con');
  const again = await post('/rest-apis/Keyed/api-keys', key, {}, 'con:con');
  expect(first.status).toBe(201);
  expect(again.body).toEqual(first.body);
  expect((await under.call('/rest-apis/Keyed/api-keys')).body.total).toBe(1);
  const { rows } = await database.query('SELECT * FROM idempotent_request');
  const stored = rows
    .map(({ answer, ...row }) => `${JSON.stringify(row)}${(answer as Buffer | null)?.toString('latin1')}`)
    .join();
  expect(stored).not.toContain(first.body.key);
  expect(stored).not.toContain(key);
  // the same key of another user is another key
  expect((await post('/rest-apis/Keyed/api-keys', key, {}, 'eve:eve')).body.uuid).not.toBe(first.body.uuid);
});

it('refuses the key for another body, another path or a shape that gives nothing to seal with', async () => {
  const key = randomUUID();
  expect((await post('/rest-apis', key, sampleApi('Body'))).status).toBe(201);
  expect(await post('/rest-apis', key, sampleApi('Body2'))).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reused' },
  });
  expect((await post('/rest-apis?wait=programmed', key, sampleApi('Body'))).status).toBe(422);
  expect(await post('/rest-apis', 'short', sampleApi('Body3'))).toMatchObject({
    status: 400,
    body: { code: 'invalid_idempotency_key' },
  });
  expect((await under.call('/rest-apis?search=body')).body.total).toBe(1);
});

it('lets what was refused be tried again under the same key', async () => {
  const key = randomUUID();
  expect((await post('/rest-apis', key, { kind: 'Nothing' })).status).toBe(400);
  expect((await post('/rest-apis', key, sampleApi('Mended'))).status).toBe(201);
});

it('does the work of many at once only once', async () => {
  const key = randomUUID();
  const answers = await Promise.all([1, 2, 3, 4].map(() => post('/rest-apis', key, sampleApi('Many'))));
  const statuses = answers.map(({ status, body }) => (status === 409 ? body.code : status));
  expect(statuses.filter((status) => status !== 201 && status !== 'idempotency_key_in_use')).toEqual([]);
  expect(statuses).toContain(201);
  expect((await post('/rest-apis', key, sampleApi('Many'))).headers.get('idempotency-replayed')).toBe('true');
});

it('takes over from a process that died with a request in hand', async () => {
  const key = randomUUID();
  expect((await post('/rest-apis', key, sampleApi('Died'))).status).toBe(201);
  await database.query('UPDATE idempotent_request SET status = NULL, answer = NULL');
  expect((await post('/rest-apis', key, sampleApi('Died'))).body.code).toBe('idempotency_key_in_use');
  await database.query(`UPDATE idempotent_request SET created_at = now() - interval '2 minutes'`);
  expect((await post('/rest-apis', key, sampleApi('Died'))).body.code).toBe('duplicate_handle');
});

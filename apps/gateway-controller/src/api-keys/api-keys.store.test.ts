import { hash } from 'node:crypto';

import { apiKeyReleased, apiKeyUpdated } from '@tidegate/management-api';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type Asked, type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

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

async function api(name: string): Promise<string> {
  const made = await under.call('/rest-apis', { method: 'POST', body: sampleApi(name) });
  expect(made.status).toBe(201);
  return `/rest-apis/${name}/api-keys`;
}

const make = (path: string, body: unknown = {}, asked: Asked = {}) => under.call(path, { method: 'POST', body, ...asked });
const revoke = (path: string, asked: Asked = {}) => under.call(path, { method: 'DELETE', ...asked });

async function changes(keyId: string): Promise<{ removed: boolean }[]> {
  const { rows } = await database.query<{ removed: boolean }>(
    'SELECT removed FROM gateway_change WHERE kind = 2 AND entry_id = $1',
    [keyId],
  );
  return rows;
}

/** What routers get of the key that its owner knows by this uuid. */
async function entryOf(uuid: string): Promise<{ id: string; digest: Buffer; externalRefId: string | null }> {
  const { rows } = await database.query(
    'SELECT id, digest, external_ref_id AS "externalRefId" FROM api_key WHERE coalesce(public_id, id) = $1',
    [uuid],
  );
  return rows[0];
}

it('shows a key once and stores its digest only', async () => {
  const path = await api('Once');
  const made = await make(path, { name: 'test-key' });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    status: 'success',
    message: 'API key generated successfully',
    name: 'test-key',
    remainingApiKeyQuota: 9,
  });
  expect(made.body.key).toMatch(/^apip_[0-9a-f]{64}$/);
  expect(made.body.apiKey).toMatchObject({
    name: 'test-key',
    apiKey: made.body.key,
    apiId: 'Once',
    createdBy: 'admin',
    expiresAt: null,
    source: 'local',
  });

  const { rows } = await database.query<Record<string, unknown>>('SELECT * FROM api_key WHERE id = $1', [made.body.uuid]);
  expect(rows[0]?.['digest']).toEqual(hash('sha256', made.body.key as string, 'buffer'));
  expect(JSON.stringify(rows)).not.toContain(made.body.key);

  const list = await under.call(path);
  expect(list.body).toMatchObject({
    status: 'success',
    totalCount: 1,
    apiKeys: [{ uuid: made.body.uuid, apiKey: `***${made.body.key.slice(-5)}` }],
  });
  expect(JSON.stringify(list.body)).not.toContain(made.body.key);
  expect(under.logs()).toContain('/rest-apis/Once/api-keys');
  expect(under.logs()).not.toContain(made.body.key);
});

it('tells the gateway about a key and about its end', async () => {
  const path = await api('Told');
  const { body } = await make(path);
  expect(await changes(body.uuid)).toEqual([{ removed: false }]);
  expect((await revoke(`${path}/${body.uuid}`)).body).toEqual({ status: 'success', message: 'API key revoked successfully' });
  expect(await changes(body.uuid)).toEqual([{ removed: true }]);
});

it('shows a held key, and serves it again under another id when an admin releases it', async () => {
  const path = await api('Held');
  const { body: made } = await make(path, { name: 'held' }, { as: 'con:con' });
  expect((await make(`${path}/held/release`, undefined)).body.code).toBe('not_held');
  await database.query(`UPDATE api_key SET held_at = now() WHERE id = $1`, [made.uuid]);
  expect((await under.call(path, { as: 'con:con' })).body.apiKeys).toMatchObject([{ uuid: made.uuid, status: 'held' }]);

  expect((await make(`${path}/held/release`, undefined, { as: 'con:con' })).status).toBe(403);
  expect((await make(`${path}/none/release`, undefined)).status).toBe(404);
  const released = await make(`${path}/held/release`, undefined);
  expect(released.status).toBe(200);
  expect(apiKeyReleased.parse(released.body)).toMatchObject({ apiKey: { name: 'held', status: 'active', createdBy: 'con' } });
  expect(released.body.apiKey.uuid).toBe(made.uuid);
  const stored = await entryOf(made.uuid);
  expect(stored.id).not.toBe(made.uuid);
  expect(await changes(stored.id)).toEqual([{ removed: false }]);
  expect(stored.digest).toEqual(hash('sha256', made.key as string, 'buffer'));
  // a second time, its answer having been lost on the way
  expect((await make(`${path}/held/release`, undefined)).body.code).toBe('not_held');
});

it('deletes a held key like any other: it was revoked', async () => {
  const path = await api('HeldGone');
  const { body: made } = await make(path, { name: 'held' });
  await database.query(`UPDATE api_key SET held_at = now(), expires_at = now() WHERE id = $1`, [made.uuid]);
  expect((await under.call(path)).body.apiKeys).toMatchObject([{ status: 'expired' }]);
  expect((await revoke(`${path}/held`)).status).toBe(200);
  expect(await changes(made.uuid)).toEqual([{ removed: true }]);
  expect((await under.call(path)).body.totalCount).toBe(0);
});

it('revokes by uuid and by name, and says yes to what is not there; but an unknown API is a 404', async () => {
  const path = await api('Revoked');
  const first = await make(path, { name: 'one' });
  await make(path, { name: 'two' });
  expect((await revoke(`${path}/${first.body.uuid}`)).status).toBe(200);
  expect((await revoke(`${path}/two`)).status).toBe(200);
  expect((await revoke(`${path}/two`)).status).toBe(200);
  expect((await under.call(path)).body).toMatchObject({ totalCount: 0, apiKeys: [] });
  expect((await revoke('/rest-apis/none/api-keys/two')).status).toBe(404);
  expect((await under.call('/rest-apis/none/api-keys')).status).toBe(404);
  expect((await make('/rest-apis/none/api-keys')).status).toBe(404);
});

it('makes a name where none is given, and never gives one twice', async () => {
  const path = await api('Reading_List.v1');
  const made = await make(path);
  expect(made.body.name).toMatch(/^reading-list-v1-key-[0-9a-f]{8}$/);
  await make(path, { name: 'mine' });
  const again = await make(path, { name: 'mine' });
  expect(again.status).toBe(409);
  expect(again.body.code).toBe('duplicate_key_name');
  const race = await Promise.all([1, 2, 3].map(() => make(path, { name: 'raced' })));
  expect(race.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
});

it('takes a key made elsewhere, once in the installation, and does not repeat it', async () => {
  const path = await api('External');
  const other = await api('External2');
  const apiKey = 'x'.repeat(36);
  const made = await make(path, { name: 'ext', apiKey: ` ${apiKey} `, externalRefId: 'cloud-1' });
  expect(made.status).toBe(201);
  expect(made.body.message).toBe('API key registered successfully');
  expect(JSON.stringify(made.body)).not.toContain(apiKey);
  expect((await make(other, { name: 'ext', apiKey })).body.message).toBe(
    'configuration already exists: API key value already exists',
  );
  for (const bad of ['x'.repeat(35), 'x'.repeat(129), `${'x'.repeat(40)} y`])
    expect((await make(path, { apiKey: bad })).status).toBe(400);
  expect((await under.call(path)).body.apiKeys).toMatchObject([
    { source: 'external', externalRefId: 'cloud-1', apiKey: '***xxxxx' },
  ]);
});

it.each([
  [{ expiresAt: '2001-01-01T00:00:00Z' }],
  [{ expiresIn: { unit: 'years', duration: 1 } }],
  [{ expiresIn: { unit: 'days', duration: 0 } }],
  [{ expiresIn: { unit: 'months', duration: 9_000_000_000_000_000 } }],
  [{ name: 'Has Space' }],
])('refuses %j with 400 and the field', async (request) => {
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Refuses') });
  const refused = await make('/rest-apis/Refuses/api-keys', request);
  expect(refused.status).toBe(400);
  expect(refused.body.errors[0].field).toMatch(new RegExp(`^${Object.keys(request)[0]}|expires`));
});

it('computes expiry, lists it, and does not count an expired key', async () => {
  const path = await api('Expiring');
  const made = await make(path, { name: 'brief', expiresIn: { unit: 'hours', duration: 1 } });
  expect(Date.parse(made.body.apiKey.expiresAt) - Date.parse(made.body.createdAt)).toBeLessThanOrEqual(3_600_000);
  await database.query(`UPDATE api_key SET expires_at = now() - interval '1 minute' WHERE id = $1`, [made.body.uuid]);
  expect((await under.call(path)).body.apiKeys).toMatchObject([{ status: 'expired' }]);
  expect((await make(path)).body.remainingApiKeyQuota).toBe(9);
});

it('gives each user ten keys of an API and no more', async () => {
  const path = await api('Quota');
  const answers = await Promise.all(Array.from({ length: 11 }, () => make(path, {}, { as: 'con:con' })));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
  expect(answers.find(({ status }) => status !== 201)).toMatchObject({ status: 429, body: { code: 'quota_exceeded' } });
  expect((await make(path, {}, { as: 'eve:eve' })).status).toBe(201);
});

it('lets a consumer see and revoke its own keys, an admin all', async () => {
  const path = await api('Owned');
  const { body: key } = await make(path, { name: 'cons' }, { as: 'con:con' });
  expect((await under.call(path, { as: 'eve:eve' })).body.totalCount).toBe(0);
  expect((await under.call(path, { as: 'con:con' })).body.totalCount).toBe(1);
  expect(await revoke(`${path}/cons`, { as: 'eve:eve' })).toMatchObject({ status: 403, body: { code: 'not_owner' } });
  expect((await under.call(path)).body.totalCount).toBe(1);
  expect((await revoke(`${path}/${key.uuid}`)).status).toBe(200);
});

it('gives a key another value under its name and uuid: the old one is removed with the same version that brings the new', async () => {
  const path = await api('Regenerated');
  const { body: made } = await make(path, { name: 'again', expiresIn: { unit: 'hours', duration: 1 } }, { as: 'con:con' });
  const regenerate = (body: unknown, asked: Asked = { as: 'con:con' }) => make(`${path}/again/regenerate`, body, asked);
  const regenerated = await regenerate({});
  expect(regenerated.status).toBe(200);
  expect(regenerated.body).toMatchObject({
    message: 'API key generated successfully',
    uuid: made.uuid,
    name: 'again',
    remainingApiKeyQuota: 9,
    apiKey: { createdAt: made.createdAt, createdBy: 'con', expiresAt: made.apiKey.expiresAt },
  });
  expect(regenerated.body.key).not.toBe(made.key);
  const entry = await entryOf(made.uuid);
  expect(entry.digest).toEqual(hash('sha256', regenerated.body.key as string, 'buffer'));
  const { rows } = await database.query('SELECT removed, version FROM gateway_change WHERE entry_id = ANY($1) ORDER BY removed', [
    [made.uuid, entry.id],
  ]);
  expect(rows).toMatchObject([{ removed: false }, { removed: true }]);
  expect(rows[0].version).toBe(rows[1].version);

  expect((await regenerate({}, {})).body.code).toBe('not_owner');
  expect((await regenerate({}, { as: 'dev:dev' })).status).toBe(403);
  expect((await regenerate('')).status).toBe(400);
  expect((await make(`${path}/none/regenerate`)).body.message).toBe(
    "configuration not found: API key 'none' not found for API 'Regenerated'",
  );
  await database.query(
    `UPDATE api_key SET expires_at = now() - interval '1 minute' WHERE api_id = (SELECT id FROM api WHERE handle = 'Regenerated')`,
  );
  expect(await regenerate({})).toMatchObject({ status: 400, body: { errors: [{ field: 'expiresAt' }] } });
  expect((await regenerate({ expiresIn: { unit: 'days', duration: 1 } })).body.apiKey.status).toBe('active');
});

it('takes another value for a key made elsewhere, and for no other', async () => {
  const path = await api('Updated');
  const { body: made } = await make(path, { name: 'ext', apiKey: 'y'.repeat(36), externalRefId: 'cloud-1' });
  await make(path, { name: 'local' });
  await make(path, { name: 'other', apiKey: 'w'.repeat(36) });
  const put = (key: string, body: unknown, asked: Asked = {}) => under.call(`${path}/${key}`, { method: 'PUT', body, ...asked });
  const updated = await put('ext', { apiKey: `  ${'z'.repeat(36)} ` });
  expect(updated.status).toBe(200);
  expect(apiKeyUpdated.parse(updated.body)).toMatchObject({
    apiKey: { uuid: made.uuid, apiKey: '***zzzzz', externalRefId: 'cloud-1' },
  });
  const entry = await entryOf(made.uuid);
  expect(entry.digest).toEqual(hash('sha256', 'z'.repeat(36), 'buffer'));
  expect(await changes(made.uuid)).toEqual([{ removed: true }]);

  expect((await put('ext', {})).body.message).toContain('apiKey is required');
  expect((await put('local', { apiKey: 'v'.repeat(36) })).body.code).toBe('not_external');
  expect((await put('ext', { apiKey: 'v'.repeat(36), name: 'elsewhere' })).body.code).toBe('name_mismatch');
  expect(await put('ext', { apiKey: 'w'.repeat(36) })).toMatchObject({ status: 409, body: { code: 'duplicate_key_value' } });
  expect((await put('ext', { apiKey: 'v'.repeat(36) }, { as: 'con:con' })).status).toBe(403);
  expect((await put('none', { apiKey: 'v'.repeat(36) })).body.message).toMatch(/no api_key value provided to create one$/);
});

it('lists keys page by page', async () => {
  const path = await api('Paged');
  for (const name of ['k-1', 'k-2', 'k-3']) await make(path, { name });
  const { body } = await under.call(`${path}?limit=1&offset=1`);
  expect(body).toMatchObject({ count: 1, total: 3, totalCount: 3, limit: 1, offset: 1, apiKeys: [{ name: 'k-2' }] });
});

it('keeps keys through undeploy and redeploy, and takes them with the API', async () => {
  const path = await api('Kept');
  const { body: key } = await make(path, { name: 'kept' });
  const put = (spec: Record<string, unknown>) => under.call('/rest-apis/Kept', { method: 'PUT', body: sampleApi('Kept', spec) });
  await put({ desiredState: 'undeployed' });
  expect((await under.call(path)).body.apiKeys).toMatchObject([{ uuid: key.uuid }]);
  await put({ desiredState: 'deployed' });
  expect((await under.call(path)).body.apiKeys).toMatchObject([{ uuid: key.uuid }]);
  expect(await changes(key.uuid)).toEqual([{ removed: false }]);
  await under.call('/rest-apis/Kept', { method: 'DELETE' });
  expect(await changes(key.uuid)).toEqual([{ removed: true }]);
});

it('never calls a failure to look a success', async () => {
  const path = await api('Broken');
  const { body: key } = await make(path, { name: 'live' });
  await database.query('ALTER TABLE api_key RENAME TO api_key_away');
  try {
    const failed = await revoke(`${path}/live`);
    expect(failed.status).toBe(500);
    expect(failed.body).toMatchObject({ code: 'internal_error', message: 'Internal server error', errors: [] });
    expect(under.logs()).toContain('relation \\"api_key\\" does not exist');
    expect(under.logs()).not.toContain('parameters');
  } finally {
    await database.query('ALTER TABLE api_key_away RENAME TO api_key');
  }
  expect(await changes(key.uuid)).toEqual([{ removed: false }]);
});

it('hands out a join token to an admin, for 30 minutes to 24 hours', async () => {
  const issue = (body?: unknown) =>
    under.call('/gateways/default/join-tokens', { method: 'POST', ...(body === undefined ? {} : { body }) });
  const { body: list } = await under.call('/gateways');
  expect(list).toMatchObject({ status: 'success', count: 1, total: 1, gateways: [{ handle: 'default', nodes: [] }] });
  const made = await issue();
  expect(made).toMatchObject({ status: 201, body: { gatewayId: list.gateways[0].id } });
  expect((await issue({ expiresIn: '30m' })).status).toBe(201);
  expect((await issue({ expiresIn: '29m' })).status).toBe(400);
  expect((await issue({ expiresIn: '25h' })).status).toBe(400);
  expect((await under.call('/gateways/none/join-tokens', { method: 'POST' })).status).toBe(404);
});

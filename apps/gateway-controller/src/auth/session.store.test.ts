import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;
let database: Client;

beforeAll(async () => {
  under = await controllerUnderTest();
  database = new Client(under.databaseUrl);
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await under.close();
});

const signIn = (username: string, password: string) =>
  under.call('/session', { method: 'POST', as: null, body: { username, password } });

async function signedIn(username: string, password: string) {
  const answer = await signIn(username, password);
  expect(answer.status).toBe(201);
  const setCookie = answer.headers.get('set-cookie') ?? '';
  return { cookie: setCookie.split(';')[0] ?? '', setCookie, csrf: answer.body.csrfToken as string, body: answer.body };
}

it('signs in, reads with the cookie alone, writes with the header, and signs out', async () => {
  const { cookie, setCookie, csrf, body } = await signedIn('DEV', 'dev');
  expect(body).toMatchObject({ status: 'success', user: { id: 'dev', roles: ['developer'] }, expiresAt: expect.any(String) });
  expect(setCookie).toMatch(/; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);

  expect((await under.call('/api/management/v1/session', { as: null, headers: { cookie } })).body).toEqual(body);
  expect((await under.call('/rest-apis', { as: null, headers: { cookie } })).status).toBe(200);
  const write = { method: 'POST', as: null, body: sampleApi('Session') } as const;
  for (const wrong of [{}, { 'x-csrf-token': 'x' }, { 'x-csrf-token': csrf.slice(1) }]) {
    expect(await under.call('/rest-apis', { ...write, headers: { cookie, ...wrong } })).toMatchObject({
      status: 403,
      body: { code: 'csrf_token_missing' },
    });
  }
  const created = await under.call('/rest-apis', { ...write, headers: { cookie, 'x-csrf-token': csrf } });
  expect(created.status).toBe(201);
  // what a developer may not, a developer's session may not
  expect((await under.call('/rest-apis/Session/api-keys', { as: null, headers: { cookie } })).status).toBe(403);

  const out = await under.call('/session', { method: 'DELETE', as: null, headers: { cookie, 'x-csrf-token': csrf } });
  expect(out.status).toBe(204);
  expect(out.headers.get('set-cookie')).toMatch(/^tidegate_session=; .*Max-Age=0/);
  expect((await under.call('/rest-apis', { as: null, headers: { cookie } })).status).toBe(401);
});

it('says who asks without a session too, and then has no token to show', async () => {
  expect((await under.call('/session', { as: 'view:view' })).body).toEqual({
    status: 'success',
    user: { id: 'view', roles: ['viewer'] },
    csrfToken: null,
    expiresAt: null,
  });
});

it('keeps nothing that opens a session', async () => {
  const { cookie } = await signedIn('admin', 'admin');
  const token = cookie.split('=')[1] ?? '';
  const { rows } = await database.query<{ row: string }>(`SELECT session::text AS row FROM session`);
  expect(rows.length).toBeGreaterThan(0);
  for (const { row } of rows) expect(row).not.toContain(token);
  expect(under.logs()).not.toContain(token);
});

it.each([
  ['too old', `SET expires_at = now() - interval '1 second'`],
  ['unused for too long', `SET last_seen_at = now() - interval '61 minutes'`],
  ['of a user that is gone', `SET user_name = 'nobody'`],
  ['of before the password was changed', `SET credential_mark = sha256('another')`],
])('ends a session that is %s', async (_, change) => {
  const { cookie } = await signedIn('admin', 'admin');
  await database.query(`UPDATE session ${change}`);
  expect((await under.call('/session', { as: null, headers: { cookie } })).status).toBe(401);
});

it('notes that a session is in use', async () => {
  const { cookie } = await signedIn('admin', 'admin');
  await database.query(`UPDATE session SET last_seen_at = now() - interval '50 minutes'`);
  await under.call('/session', { as: null, headers: { cookie } });
  const { rows } = await database.query(`SELECT 1 FROM session WHERE last_seen_at > now() - interval '5 minutes'`);
  expect(rows).toHaveLength(1);
});

it('keeps a bounded number per user', async () => {
  await database.query(`INSERT INTO session (digest, account_id, user_name, credential_mark, created_at, expires_at)
    SELECT sha256(n::text::bytea), account_id, 'eve', '', now() - interval '1 minute', now() + interval '1 hour'
    FROM installation, generate_series(1, 80) n`);
  const { cookie } = await signedIn('eve', 'eve');
  const { rows } = await database.query(`SELECT 1 FROM session WHERE user_name = 'eve'`);
  expect(rows).toHaveLength(50);
  expect((await under.call('/session', { as: null, headers: { cookie } })).status).toBe(200);
});

it('slows guesses down, by either way in, and lets sessions and other users through', async () => {
  const { cookie } = await signedIn('con', 'con');
  for (let n = 0; n < 10; n++) expect((await signIn('con', `guess-${n}`)).status).toBe(401);
  for (const guess of [signIn('con', 'con'), under.call('/session', { as: 'con:con' })]) {
    const refused = await guess;
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_failures' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  }
  expect((await under.call('/session', { as: null, headers: { cookie } })).status).toBe(200);
  expect((await under.call('/session', { as: 'dev:dev' })).status).toBe(200);
});

import { lstatSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { waitFor } from '@tidegate/testkit';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ask } from '../tools/dev/ask.ts';
import { readOrNull } from '../tools/dev/data-dir.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/**
 * Secrets are not printed and not kept in clear (invariant 13): with every log at debug and everything that has a secret in it done
 * once, right and wrong, no log, table, Redis key, file, dump or metric holds one. Files that are there to hold them are 0600.
 */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-no-secret-'));
const data = join(folder, 'data');
const adminPassword = 'planted-admin-password-7f3a';
const wrongPassword = 'planted-wrong-password-91bc';
const wrongClientSecret = 'planted-wrong-client-secret-c44d';
const wrongKey = `apip_${'5eed'.repeat(16)}`;
let stack: Stack;
let client: StackClient;
/** by what it is */
let secrets: Record<string, string | RegExp>;

beforeAll(async () => {
  const settings = join(folder, 'settings.toml');
  const user = `[[controller.auth.basic.users]]\nusername = "admin"\npassword = "${adminPassword}"\nroles = ["admin"]\n`;
  writeFileSync(settings, `[log]\nlevel = "debug"\n\n${user}`, { mode: 0o600 });
  stack = await startStack({ dataDir: data, ports: 'free', configFiles: [settings] });
  client = stackClient(stack);
  const keys = await useKeys();
  await useSecrets();
  await useTokens();
  await missEachOther();
  secrets = { ...keys, ...NAMED_SECRETS, ...(await secretsOfTheStack()) };
});

afterAll(() => removeStack(stack, folder));

it('in no log', () => {
  const logs = readdirSync(join(data, 'logs')).map((name) => readFileSync(join(data, 'logs', name), 'latin1'));
  expect(logs.join('')).toContain('APIM token exchange');
  expect(logs.join('')).toMatch(/"level":"debug"/);
  expect(foundIn(logs.join('\n'))).toEqual([]);
});

it('in no table of the database', async () => {
  const database = new Client({ connectionString: stack.urls.database });
  await database.connect();
  try {
    const { rows: tables } = await database.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    expect(tables.length).toBeGreaterThan(5);
    for (const { name } of tables) {
      const { rows } = await database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      expect({ name, found: foundIn(rows.map(({ row }) => row).join('\n')) }).toEqual({ name, found: [] });
    }
  } finally {
    await database.end();
  }
});

it('in no Redis key', async () => {
  const redis = new Redis(stack.urls.redis);
  try {
    for (const key of await redis.keys('*'))
      expect(foundIn(`${key}\n${(await redis.dumpBuffer(key)).toString('latin1')}`)).toEqual([]);
  } finally {
    redis.disconnect();
  }
});

it('in no dump, status or metric', async () => {
  const admin = stack.urls.routerAdmins[0] ?? '';
  const pages = [`${admin}/config_dump`, `${admin}/xds_sync_status`, `${admin}/metrics`, `${stack.urls.controllerAdmin}/metrics`];
  const syncAdmin = /admin_port = (\d+)/.exec(readFileSync(join(data, 'config/apim-sync.toml'), 'utf8'))?.[1];
  pages.push(`http://localhost:${syncAdmin}/metrics`);
  const texts = await Promise.all(pages.map(async (page) => (await ask(page)).text));
  expect(texts[0]).toContain('petstore.example.com');
  const answers = ['/rest-apis', '/rest-apis/Keyed', '/rest-apis/Keyed/api-keys', '/gateways', '/rest-apis/Named'];
  answers.push('/rest-apis/Named/revisions/1', '/secrets', '/secrets/named', '/subscriptions', '/audit-log');
  for (const path of answers) texts.push(JSON.stringify((await client.manage('GET', path)).body));
  texts.push(await client.control('GET', '/state'));
  expect(texts.map(foundIn)).toEqual(texts.map(() => []));
});

it('in no file, but those that are there to hold them, for their owner alone', () => {
  const holders: string[] = [];
  const elsewhere = readOrNull(join(data, 'postgres-elsewhere'))?.trim();
  for (const file of [...filesBelow(data), ...(elsewhere === undefined ? [] : filesBelow(elsewhere))]) {
    const found = foundIn(readFileSync(file, 'latin1'));
    if (found.length === 0) continue;
    const name = relative(data, file);
    expect({ name, found }).toMatchObject({
      name: expect.stringMatching(/^(secrets\.json|config\/|routers\/[^/]+\/credential\.json$)/),
    });
    expect({ name, mode: lstatSync(file).mode & 0o777 }).toEqual({ name, mode: 0o600 });
    holders.push(name);
  }
  // each is found where it belongs, so it would have been found elsewhere
  expect(holders).toEqual(expect.arrayContaining(['secrets.json', 'config/router-1.toml', 'routers/router-1/credential.json']));
});

it('in no argument of a process', () => {
  for (const [name, { pid }] of stack.processes)
    expect({ name, found: foundIn(readFileSync(`/proc/${String(pid())}/cmdline`, 'latin1')) }).toEqual({ name, found: [] });
});

/** The guide's key steps; a key in the query too, a wrong one, and one in a body that is refused. */
async function useKeys(): Promise<Record<string, string>> {
  const keyed = (params: object) => ({ policies: [{ name: 'api-key-auth', version: 'v1', params }] });
  await client.manage('POST', '/rest-apis?wait=programmed', plainApi('Keyed', keyed({ key: 'X-API-Key', in: 'header' })));
  await client.manage('POST', '/rest-apis?wait=programmed', plainApi('Queried', keyed({ key: 'api_key', in: 'query' })));
  const made = await client.manage('POST', '/rest-apis/Keyed/api-keys?wait=programmed', { name: 'kept' });
  const gone = await client.manage('POST', '/rest-apis/Keyed/api-keys?wait=programmed', { name: 'gone' });
  const asked = await client.manage('POST', '/rest-apis/Queried/api-keys?wait=programmed', { name: 'asked' });
  const [key, revoked, queried] = [made, gone, asked].map(({ body }) => body['key']) as [string, string, string];
  expect((await client.call('/keyed', { 'x-api-key': key })).status).toBe(200);
  expect((await client.call('/keyed', { 'x-api-key': wrongKey })).status).toBe(401);
  expect((await client.call(`/queried?api_key=${queried}`)).status).toBe(200);
  expect((await client.call(`/nowhere?api_key=${queried}`, { 'x-api-key': key })).status).toBe(404);
  await client.manage('DELETE', '/rest-apis/Keyed/api-keys/gone?wait=programmed');
  expect((await client.call('/keyed', { 'x-api-key': revoked })).status).toBe(401);
  expect((await client.manage('POST', '/rest-apis/Keyed/api-keys', { name: 7, key })).status).toBe(400);
  return { 'API key': key, 'revoked API key': revoked, 'API key in a query': queried, 'wrong API key': wrongKey };
}

const NAMED_SECRETS = {
  'secret that a document names': 'planted-named-secret-5b1d',
  'what it was before': 'planted-former-secret-88e2',
  'subscription token': 'planted-subscription-token-30fa',
};

/** A secret in a policy, another value for it, one that breaks what uses it, and a token of a subscription. */
async function useSecrets(): Promise<void> {
  const secret = (value: string) => ({ kind: 'Secret', metadata: { name: 'named' }, spec: { displayName: 'Named', value } });
  await client.manage('POST', '/secrets', secret(NAMED_SECRETS['what it was before']));
  const params = { username: 'ann', password: '{{ secret "named" }}' };
  const policies = [
    { name: 'basic-auth', params },
    { name: 'ip-filter', params: { deny: ['{{ secret "named" }}'] } },
  ];
  expect((await client.manage('POST', '/rest-apis', plainApi('Refused', { policies }))).status).toBe(400);
  const named = plainApi('Named', { policies: policies.slice(0, 1) });
  expect((await client.manage('POST', '/rest-apis?wait=programmed', named)).status).toBe(201);
  await client.manage('PUT', '/secrets/named?wait=programmed', secret(NAMED_SECRETS['secret that a document names']));
  const authorization = `Basic ${Buffer.from(`ann:${NAMED_SECRETS['secret that a document names']}`).toString('base64')}`;
  expect((await client.call('/named', { authorization })).status).toBe(200);
  const token = NAMED_SECRETS['subscription token'];
  expect((await client.manage('POST', '/subscriptions', { apiId: 'Named', subscriptionToken: token })).status).toBe(201);
  expect((await client.manage('POST', '/subscriptions', { apiId: 'Named', subscriptionToken: token })).status).toBe(409);
}

/** Credentials towards APIM and the controller, right and wrong, tokens that expire in between, answers that nobody can read. */
async function useTokens(): Promise<void> {
  await synced('Keyed');
  const { clientId, clientSecret } = stack.credentials.apim ?? { clientId: '', clientSecret: '' };
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });
  const headers = { ...basic(clientId, clientSecret), 'content-type': 'application/x-www-form-urlencoded' };
  const body = 'grant_type=client_credentials&scope=apim:api_view';
  await ask(`${stack.urls.apim}/oauth2/token`, { method: 'POST', headers, body, ca: readFileSync(stack.files.apimCa, 'utf8') });
  expect((await ask(`${stack.urls.controller}/rest-apis`, { headers: basic('admin', wrongPassword) })).status).toBe(401);

  await client.inject({ endpoint: 'token', fault: { kind: 'garbage' }, times: 1 });
  await client.control('POST', '/tokens/expire');
  await client.manage('POST', '/rest-apis/Keyed/sync');
  await synced('Keyed');

  const secretVariable = 'APIP_GW_CONTROLLER__CONTROLPLANE__APIM_OAUTH2__CLIENT_SECRET';
  await stack.process('apim-sync').restart({ [secretVariable]: wrongClientSecret });
  await client.manage('PUT', '/rest-apis/Queried', plainApi('Queried'));
  await waitFor(async () => (await client.manage('GET', '/rest-apis/Queried')).body['cpSyncInfo'].reason === 'credentials', {
    timeoutMs: 30_000,
    what: 'the wrong credentials to be said',
  });
  await stack.process('apim-sync').restart({ [secretVariable]: clientSecret });
  await synced('Queried');
}

/** What is said of a peer that is away names its address, which in a URL may carry a password. */
async function missEachOther(): Promise<void> {
  await Promise.all(['redis', 'postgres'].map((name) => stack.process(name).kill('SIGKILL', true)));
  await waitFor(async () => (await client.manage('GET', '/rest-apis').catch(() => ({ status: 0 }))).status !== 200, {
    what: 'the controller to notice',
  });
  await Promise.all(['redis', 'postgres'].map((name) => stack.process(name).start()));
  await waitFor(
    async () => (await client.manage('PUT', '/rest-apis/Keyed', plainApi('Keyed')).catch(() => ({ status: 0 }))).status === 200,
    {
      timeoutMs: 30_000,
      what: 'the controller to be back',
    },
  );
  await synced('Keyed');
}

async function secretsOfTheStack(): Promise<Record<string, string | RegExp>> {
  const kept = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8')) as Record<string, string>;
  const joinToken =
    /join_token = "([^"]+)"/.exec(readFileSync(join(data, 'config/router-1.toml'), 'utf8'))?.[1] ?? 'there is none';
  const credential = JSON.parse(readFileSync(join(data, 'routers/router-1/credential.json'), 'utf8')) as Record<string, unknown>;
  const { tokens } = JSON.parse(await client.control('GET', '/state')) as { tokens: { token: string }[] };
  expect(tokens.length).toBeGreaterThan(2);
  // the simulator tells their ends only: any word of their length that ends so
  const accessTokens = tokens.map(
    ({ token }, index) => [`access token ${index}`, new RegExp(`[\\w-]{28}${token.slice(-4)}(?![\\w-])`)] as const,
  );
  const ofNode = Object.entries(credential).filter(([name]) => /credential|secret|salt/i.test(name));
  expect(ofNode.map(([, value]) => typeof value)).toContain('string');
  const { clientId, clientSecret } = stack.credentials.apim ?? { clientId: '', clientSecret: '' };
  return {
    ...kept,
    ...Object.fromEntries(accessTokens),
    'join token': joinToken,
    ...Object.fromEntries(ofNode.map(([name, value]) => [`node's ${name}`, String(value)])),
    'admin password': adminPassword,
    'wrong password': wrongPassword,
    'wrong client secret': wrongClientSecret,
    'admin in Basic': Buffer.from(`admin:${adminPassword}`).toString('base64'),
    'client in Basic': Buffer.from(`${clientId}:${clientSecret}`).toString('base64'),
  };
}

function foundIn(text: string): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    (typeof secret === 'string' ? text.includes(secret) : secret.test(text)) ? [name] : [],
  );
}

async function synced(name: string): Promise<void> {
  await waitFor(async () => (await client.manage('GET', `/rest-apis/${name}`)).body['cpSyncStatus'] === 'success', {
    timeoutMs: 60_000,
    what: `${name} to be in APIM`,
  });
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

import { ApiRoutes, EntryKind } from '@tidegate/gateway-ir';
import { createLogger, Secret } from '@tidegate/process';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { SampleNode } from '../discovery/sample-node.ts';
import { KeyRing } from '../sealing/key-ring.ts';
import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';
import { joinedNode } from '../testing/joined-node.ts';
import { Reseal } from './reseal.ts';

let under: ControllerUnderTest;
let node: SampleNode;
let database: Client;

beforeAll(async () => {
  under = await controllerUnderTest();
  database = new Client({ connectionString: under.databaseUrl });
  await database.connect();
  node = await joinedNode(under);
});

afterAll(async () => {
  node.close();
  await database.end();
  await under.close();
});

const WAIT = '?wait=programmed';

const secret = (name: string, value: unknown, spec: object = {}) => ({
  apiVersion: 'gateway.api-platform.wso2.com/v1',
  kind: 'Secret',
  metadata: { name },
  spec: { displayName: `The ${name}`, value, ...spec },
});
const create = (name: string, value: unknown, spec: object = {}) =>
  under.call('/secrets', { method: 'POST', body: secret(name, value, spec) });
const change = (name: string, value: string, headers = {}) =>
  under.call(`/secrets/${name}${WAIT}`, { method: 'PUT', body: secret(name, value), headers });
const remove = (name: string, headers = {}) => under.call(`/secrets/${name}`, { method: 'DELETE', headers });

const header = (value: string) => ({
  policies: [{ name: 'set-headers', params: { request: { headers: [{ name: 'X-Pass', value }] } } }],
});
const deploy = (name: string, spec: object) =>
  under.call(`/rest-apis${WAIT}`, { method: 'POST', body: sampleApi(name, { ...spec }) });

/** What the routers of an API make of its policy's secret. */
function sealed(uuid: string): (string | undefined)[] {
  const entry = [...node.table.values()].find(({ kind, id }) => kind === EntryKind.ROUTES && id.startsWith(`${uuid}/`));
  if (entry === undefined) return [];
  const { policies } = ApiRoutes.decode(entry.content);
  return policies.flatMap(({ sealedParams }) => Object.values(sealedParams).map(({ value }) => value.toString('utf8')));
}

async function everythingStored(): Promise<string> {
  const { rows: tables } = await database.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const contents: unknown[] = [];
  for (const { name } of tables) contents.push((await database.query(`SELECT * FROM "${name}"`)).rows);
  return JSON.stringify(contents);
}

it('is kept sealed, never answered, and reaches the routers of whoever names it, at once', async () => {
  const made = await create('db-pass', 'geheim-eins', { description: 'of the database' });
  expect(made.status).toBe(201);
  expect(made.headers.get('etag')).toBe('"1"');
  expect(made.body).toMatchObject({
    kind: 'Secret',
    metadata: { name: 'db-pass' },
    spec: { displayName: 'The db-pass', description: 'of the database' },
    status: { id: 'db-pass', generation: 1, createdBy: 'admin' },
  });

  const document = header('Bearer {{ secret "db-pass" | upper }}');
  const { body: api } = await deploy('Uses', document);
  expect(api.spec.policies[0].params.request.headers[0].value).toBe('Bearer {{ secret "db-pass" | upper }}');
  expect(sealed(api.uuid)).toEqual(['Bearer GEHEIM-EINS']);

  expect((await change('db-pass', 'geheim-zwei', { 'if-match': '"9"' })).status).toBe(412);
  const changed = await change('db-pass', 'geheim-zwei', { 'if-match': '"1"' });
  expect(changed.body).toMatchObject({ status: { generation: 2 }, propagation: { state: 'programmed' } });
  expect(sealed(api.uuid)).toEqual(['Bearer GEHEIM-ZWEI']);
  expect((await under.call('/rest-apis/Uses')).body.generation).toBe(1);

  expect((await under.call('/secrets/db-pass')).body).toMatchObject({ status: { usedBy: ['Uses'] } });
  expect((await under.call('/secrets?search=THE DB')).body).toMatchObject({
    count: 1,
    secrets: [{ metadata: { name: 'db-pass' }, spec: { displayName: 'The db-pass' } }],
  });
  const inUse = await remove('db-pass');
  expect(inUse).toMatchObject({ status: 409, body: { code: 'secret_in_use', message: "Secret 'db-pass' is used by Uses" } });

  await under.call(`/rest-apis/Uses${WAIT}`, { method: 'PUT', body: sampleApi('Uses', header('plain')) });
  expect(await remove('db-pass')).toMatchObject({ status: 200, body: null });
  expect((await remove('db-pass')).body.message).toBe('configuration not found: id=db-pass');
});

it('is served by the time a set of documents that names it says so', async () => {
  await create('set', 'in-a-set');
  const documents = ['SetA', 'SetB'].map((name) => sampleApi(name, header('{{ secret "set" }}')));
  const asked = { method: 'PUT', body: { documents } };
  const applied = await under.call(`/rest-apis:apply${WAIT}`, asked);
  expect(applied.body).toMatchObject({ changed: 2, propagation: { state: 'programmed', nodes: [{ id: 'default-1' }] } });
  const { body } = await under.call('/rest-apis/SetB');
  expect(sealed(body.uuid)).toEqual(['in-a-set']);
  const again = await under.call(`/rest-apis:apply${WAIT}`, asked);
  expect(again.body).toMatchObject({ changed: 0 });
  expect(again.body).not.toHaveProperty('propagation');
});

it('shows in no log, dump, event, revision, dry run or table', async () => {
  await create('quiet', 'leise-und-geheim');
  const spec = header('{{ secret "quiet" }}');
  await deploy('Quiet', spec);
  const path = '/rest-apis/Quiet';
  const pages = [
    path,
    `${path}/revisions`,
    `${path}/revisions/1`,
    `${path}/openapi`,
    '/rest-apis',
    '/secrets',
    '/secrets/quiet',
    '/audit-log',
  ];
  const told = await Promise.all(pages.map(async (page) => JSON.stringify((await under.call(page)).body)));
  const dry = await under.call('/rest-apis:dry-run', { method: 'POST', body: sampleApi('Quiet', { ...spec, context: '/q2' }) });
  expect(dry.status).toBe(200);
  await change('quiet', 'lauter-und-geheim');
  const all = [...told, JSON.stringify(dry.body), under.logs(), await under.metrics(), await everythingStored()].join();
  expect(all).toContain('quiet');
  for (const value of ['leise-und-geheim', 'lauter-und-geheim']) {
    expect(all).not.toContain(value);
    expect(all).not.toContain(Buffer.from(value).toString('base64'));
  }
});

it('says everything that is wrong with a document’s templates at once, and nothing of the secret', async () => {
  await create('word', 'not-a-number');
  const refused = await deploy('Wrong', {
    displayName: 'Wrong {{ env "HOME" }}',
    upstream: { main: { url: 'https://{{ env "HOME" }}' } },
    policies: [
      { name: 'rate-limit', params: { limit: '{{ secret "word" }}', window: 60 } },
      ...header('{{ secret "none" }}').policies,
      ...header('{{ nothing }}').policies,
    ],
  });
  expect(refused.status).toBe(400);
  expect(refused.body.errors.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`)).toEqual([
    'spec.displayName template_not_allowed',
    'spec.upstream.main.url env_not_allowed',
    'spec.policies[0].params.limit invalid_type',
    'spec.policies[1].params.request.headers[0].value unknown_secret',
    'spec.policies[2].params.request.headers[0].value unknown_function',
  ]);
  expect(JSON.stringify(refused.body)).not.toContain('not-a-number');
});

it('gives documents what the environment is allowed to give', async () => {
  const { body } = await deploy('Env', {
    upstream: { main: { url: 'https://{{ env "TG_TEST_HOST" }}/{{ env "TG_TEST_NONE" | default "v1" }}' } },
  });
  const entry = [...node.table.values()].find(({ id }) => id.startsWith(`${body.uuid}/`));
  expect(ApiRoutes.decode(entry?.content ?? Buffer.alloc(0)).upstreams[0]).toMatchObject({
    targets: [{ host: 'env.example.com' }],
    basePath: '/v1',
  });
  expect(body.spec.upstream.main.url).toContain('{{ env "TG_TEST_HOST" }}');
});

it('refuses a value with which an API could not be served, and leaves it as it was', async () => {
  await create('network', '10.0.0.0/8');
  const { body: api } = await deploy('Tied', {
    policies: [{ name: 'ip-filter', params: { allow: ['192.0.2.1', '{{ secret "network" }}'] } }],
  });
  expect(sealed(api.uuid)).toEqual(['10.0.0.0/8']);
  const before = node.version;
  const refused = await change('network', 'geheimer-unsinn');
  expect(refused).toMatchObject({ status: 409, body: { code: 'secret_breaks_api' } });
  expect(refused.body.errors).toMatchObject([{ field: 'spec.policies[0].params.allow[1]' }]);
  expect(JSON.stringify(refused.body)).not.toContain('geheimer-unsinn');
  expect([sealed(api.uuid), node.version]).toEqual([['10.0.0.0/8'], before]);
});

it.each([
  [secret('x', ''), 'configuration validation failed with 1 error(s): 1. spec.value: value is required'],
  [secret('x y', 'v'), 'metadata.name must not contain whitespace'],
  [secret('x"', 'v'), 'metadata.name must not contain whitespace'],
  [secret('x', 'v', { displayName: 'é' }), 'displayName must be letters'],
  [secret('x', 'v', { description: 'd'.repeat(1025) }), 'description must be at most 1024'],
  [secret('x', 'é'.repeat(5200)), 'value must be at most 10240 bytes'],
  [{ ...secret('x', 'v'), kind: 'RestApi' }, "Unsupported kind (must be 'Secret')"],
  [{ ...secret('x', 'geheim-im-fehler'), surprise: 1 }, 'surprise'],
  [{ kind: 'Secret' }, 'with 2 error(s): 1. metadata: Metadata name is required; 2. spec: Spec is required'],
])('refuses %#', async (body, message) => {
  const refused = await under.call('/secrets', { method: 'POST', body });
  expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining(message)]);
  expect(JSON.stringify(refused.body)).not.toContain('geheim-im-fehler');
});

it('refuses what is too large, taken, renamed or unknown', async () => {
  expect((await create('big', 'x'.repeat(10_240))).status).toBe(201);
  expect(await create('bigger', 'x'.repeat(20_000))).toMatchObject({
    status: 413,
    body: { message: 'Request body too large or unreadable' },
  });
  expect(await create('big', 'y')).toMatchObject({
    status: 409,
    body: { message: "storage failed: configuration already exists: secret with id 'big' already exists" },
  });
  const renamed = await under.call('/secrets/big', { method: 'PUT', body: secret('small', 'v') });
  expect(renamed.body.message).toBe(
    "secret id in payload ('small') does not match the URL path id ('big'): renaming secrets is not supported",
  );
  expect(await change('unknown', 'v')).toMatchObject({
    status: 404,
    body: { message: 'secret configuration not found: id=unknown: configuration not found: id=unknown' },
  });
  expect((await under.call(`/secrets/${'x'.repeat(256)}`)).status).toBe(400);
  expect((await under.call('/secrets', { as: 'dev:dev' })).status).toBe(403);
});

it('does not go while a document comes to name it', async () => {
  await create('raced', 'v');
  const [removed, deployed] = await Promise.all([remove('raced'), deploy('Raced', header('{{ secret "raced" }}'))]);
  expect([removed.status, deployed.status].map((status) => status < 300)).toSatisfy(
    (done: boolean[]) => done.filter(Boolean).length <= 1,
  );
  if (deployed.status === 201) expect(sealed(deployed.body.uuid)).toEqual(['v']);
  else expect((await under.call('/rest-apis/Raced')).status).toBe(404);
});

it('comes under a new key when one is put in front, and starts with none that cannot open it', async () => {
  const ringOf = (...versions: string[]) =>
    new KeyRing([
      { type: 'aesgcm', keys: versions.map((version) => ({ version, file: '', key: new Secret(KEYS[version] ?? '') })) },
    ]);
  const stored = async () =>
    (await database.query<{ id: string; envelope: string }>(`SELECT id, envelope FROM secret WHERE name = 'rotated'`)).rows[0];
  const source = under.controller.app.get(DataSource, { strict: false });
  const reseal = (ring: KeyRing) =>
    new Reseal(source, ring, createLogger({ name: 'test', level: 'error', format: 'json' })).onModuleInit();
  await create('rotated', 'wertvoll');
  expect((await stored())?.envelope).toMatch(/^enc:aesgcm:v1:test-1:/);
  await reseal(ringOf('test-2', 'test-1'));
  const { id, envelope } = (await stored()) ?? { id: '', envelope: '' };
  expect(envelope).toMatch(/^enc:aesgcm:v1:test-2:/);
  expect(ringOf('test-2').open(envelope, `secret/${id}`)).toBe('wertvoll');
  expect(ringOf('test-2').open(envelope, 'secret/another')).toBeNull();
  await expect(reseal(ringOf('test-1'))).rejects.toThrow("sealed under key 'test-2'");
});

/** test-1 is the key of `controllerUnderTest`. */
const KEYS: Readonly<Record<string, string>> = { 'test-1': '11'.repeat(32), 'test-2': '22'.repeat(32) };

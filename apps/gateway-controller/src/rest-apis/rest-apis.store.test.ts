import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;

beforeAll(async () => {
  under = await controllerUnderTest();
});

afterAll(() => under.close());

const post = (body: unknown, path = '/rest-apis') => under.call(path, { method: 'POST', body });

it('stores an API, says where, and gives it back by handle and by uuid under both base paths', async () => {
  const made = await post(sampleApi('Stored'));
  expect(made.status).toBe(201);
  expect(made.headers.get('location')).toBe('/rest-apis/Stored');
  expect(made.headers.get('etag')).toBe('"1"');
  for (const path of [`/rest-apis/Stored`, `/rest-apis/${made.body.uuid}`, `/api/management/v1/rest-apis/Stored`]) {
    const { status, body } = await under.call(path);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      uuid: made.body.uuid,
      displayName: 'Stored',
      origin: 'gateway_api',
      desiredState: 'deployed',
      cpSyncStatus: 'pending',
    });
    expect(body.createdAt).toBe(made.body.createdAt);
  }
});

it('refuses an upstream in a network that routers do not connect to, and says which field it is', async () => {
  const api = sampleApi('Denied');
  const refused = await post({ ...api, spec: { ...api.spec, upstream: { main: { url: 'http://169.254.169.254/latest' } } } });
  expect(refused.status).toBe(400);
  expect(refused.body).toMatchObject({ errors: [{ field: 'spec.upstream.main.url' }] });
  expect((await under.call('/rest-apis/Denied')).status).toBe(404);
});

it('names the prefixed resource when it was made under the prefix', async () => {
  const made = await post(sampleApi('Prefixed'), '/api/management/v1/rest-apis');
  expect(made.headers.get('location')).toBe('/api/management/v1/rest-apis/Prefixed');
});

it('reads YAML, and shows $version as submitted and as resolved', async () => {
  const body = `
apiVersion: gateway.api-platform.wso2.com/v1
kind: RestApi
metadata: {name: Yaml}
spec:
  displayName: Yaml
  version: v2.1
  context: /yaml/$version
  upstream: {main: {url: "https://petstore.example.com"}}
  operations: [{method: GET, path: /books}]
`;
  const made = await under.call('/rest-apis', { method: 'POST', body, type: 'application/yaml; charset=utf-8' });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ context: '/yaml/v2.1', spec: { context: '/yaml/$version' } });
  const { body: found } = await under.call('/rest-apis?context=/yaml/v2.1');
  expect(found).toMatchObject({
    status: 'success',
    count: 1,
    total: 1,
    apis: [{ uuid: made.body.uuid, spec: { context: '/yaml/v2.1' } }],
  });
});

it('answers seven planted errors as seven, in the order of the reference, and stores nothing', async () => {
  const planted = {
    kind: 'Api',
    metadata: { name: 'has space' },
    spec: {
      displayName: 'not/friendly',
      version: 'one',
      context: '/planted',
      upstream: { main: { url: 'ftp://petstore.example.com' } },
      operations: [{ method: 'FETCH', path: '/x', policies: [{ name: 'no-such-policy', version: 'v1' }] }],
    },
  };
  const refused = await post(planted);
  expect(refused.status).toBe(400);
  expect(refused.body).toMatchObject({ status: 'error', code: 'validation_failed', message: 'Configuration validation failed' });
  expect(refused.body.errors.map(({ field }: { field: string }) => field)).toEqual([
    'kind',
    'spec.displayName',
    'spec.version',
    'spec.upstream.main.url',
    'spec.operations[0].method',
    'spec.operations[0].policies[0].version',
    'metadata.name',
  ]);
  expect((await under.call('/rest-apis/has%20space')).status).toBe(404);
});

it('refuses a taken handle, a taken name and version, and a taken route, naming what is in the way', async () => {
  await post(sampleApi('Taken'));
  const handle = await post(sampleApi('Taken', { displayName: 'Other', context: '/other' }));
  expect(handle.status).toBe(409);
  expect(handle.body.message).toBe("configuration already exists: configuration with handle 'Taken' already exists");
  const name = await post(sampleApi('Taken2', { displayName: 'Taken', context: '/other' }));
  expect(name.status).toBe(409);
  expect(name.body.message).toBe(
    "configuration already exists: configuration with name 'Taken' and version 'v1.0' already exists",
  );
  const route = await post(sampleApi('Taken3', { context: '/taken', operations: [{ method: 'GET', path: '/pet/{id}' }] }));
  expect(route.status).toBe(409);
  expect(route.body.code).toBe('route_conflict');
  expect(route.body.message).toContain("API 'Taken'");
  expect((await under.call('/rest-apis/Taken3')).status).toBe(404);
});

it('warns of routes that overlap, within an API and with others, and accepts them', async () => {
  const broad = await post(sampleApi('Broad', { context: '/wide', operations: [{ method: 'GET', path: '/*' }] }));
  expect(broad.body.warnings).toBeUndefined();
  const operations = [
    { method: 'GET', path: '/{id}' },
    { method: 'GET', path: '/latest' },
  ];
  const narrow = await post(sampleApi('Narrow', { context: '/wide/items', operations }));
  expect(narrow.status).toBe(201);
  expect(narrow.body.warnings).toMatchObject([
    { path: 'spec.operations[0]', code: 'overlap', message: expect.stringContaining("GET /wide/* of API 'Broad'") },
    { path: 'spec.operations[1]', code: 'overlap', message: expect.stringContaining('(spec.operations[0])') },
  ]);
  const again = await under.call('/rest-apis/Narrow', {
    method: 'PUT',
    body: sampleApi('Narrow', { context: '/wide/items', operations: operations.slice(0, 1) }),
  });
  expect(again.body.warnings).toHaveLength(1);
});

it('keeps the claim of an undeployed API', async () => {
  await post(sampleApi('Asleep', { desiredState: 'undeployed' }));
  expect((await post(sampleApi('Awake', { context: '/asleep' }))).status).toBe(409);
});

it('lets exactly one of two racing POSTs have a route', async () => {
  for (let round = 0; round < 5; round++) {
    const context = `/race${round}`;
    const answers = await Promise.all(['A', 'B', 'C'].map((name) => post(sampleApi(`Race${round}${name}`, { context }))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  }
});

it('lets exactly one of two racing POSTs have a name: the loser gets a 409, never a 500', async () => {
  const answers = await Promise.all(
    [1, 2, 3].map((n) => post(sampleApi('SameName', { displayName: `N${n}`, context: `/same${n}` }))),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
});

it('replaces a document: the generation grows even when nothing changed, key facts stay', async () => {
  const made = await post(sampleApi('Replaced'));
  const again = await under.call('/rest-apis/Replaced', { method: 'PUT', body: sampleApi('Replaced') });
  expect(again.status).toBe(200);
  expect(again.body).toMatchObject({
    uuid: made.body.uuid,
    createdAt: made.body.createdAt,
    generation: 2,
    cpSyncStatus: 'pending',
  });
  const moved = await under.call('/rest-apis/Replaced', { method: 'PUT', body: sampleApi('Replaced', { context: '/moved' }) });
  expect(moved.body).toMatchObject({ context: '/moved', generation: 3 });
  expect((await post(sampleApi('Heir', { context: '/replaced' }))).status).toBe(201);
});

it('takes its own answer back as a document', async () => {
  const made = await post(sampleApi('Echo'));
  const answer = await under.call('/rest-apis/Echo', { method: 'PUT', body: made.body });
  expect(answer.status).toBe(200);
  expect(answer.body.generation).toBe(2);
});

it('honours If-Match, and refuses a write meant for another state', async () => {
  await post(sampleApi('Matched'));
  const put = (etag: string) =>
    under.call('/rest-apis/Matched', { method: 'PUT', body: sampleApi('Matched'), headers: { 'if-match': etag } });
  expect((await put('"7"')).status).toBe(412);
  expect((await put('"1"')).status).toBe(200);
  expect((await under.call('/rest-apis/Matched', { method: 'DELETE', headers: { 'if-match': '"1"' } })).status).toBe(412);
});

it('refuses a rename and tells a malformed PUT from a malformed POST as WSO2 does', async () => {
  await post(sampleApi('Named'));
  const renamed = await under.call('/rest-apis/Named', { method: 'PUT', body: sampleApi('Renamed') });
  expect(renamed.status).toBe(400);
  expect(renamed.body.message).toBe("handle mismatch: path has 'Named' but YAML metadata.name has 'Renamed'");
  const broken = await under.call('/rest-apis/Named', { method: 'PUT', body: '{"kind":' });
  expect(broken.body.message).toMatch(/^Failed to parse configuration: failed to parse JSON: /);
  expect((await post('{"kind":')).body.message).toMatch(/^failed to parse configuration: failed to parse JSON: /);
});

it('undeploys by either spelling and refuses a contradiction', async () => {
  await post(sampleApi('Undeployed'));
  const put = (spec: Record<string, unknown>) =>
    under.call('/rest-apis/Undeployed', { method: 'PUT', body: sampleApi('Undeployed', spec) });
  expect((await put({ deploymentState: 'undeployed' })).body).toMatchObject({
    desiredState: 'undeployed',
    status: { state: 'undeployed' },
  });
  expect((await put({ desiredState: 'undeployed', deploymentState: 'deployed' })).status).toBe(400);
  const { body: asleep } = await under.call('/rest-apis?status=undeployed&displayName=Undeployed');
  expect(asleep.count).toBe(1);
  expect((await put({})).body.desiredState).toBe('deployed');
});

it('deletes once; the second time there is nothing; the name is free at once', async () => {
  await post(sampleApi('Gone'));
  const gone = await under.call('/rest-apis/Gone', { method: 'DELETE' });
  expect(gone.status).toBe(200);
  expect(gone.body).toEqual({ status: 'success', message: 'RestAPI deleted successfully', id: 'Gone' });
  const again = await under.call('/rest-apis/Gone', { method: 'DELETE' });
  expect(again.status).toBe(404);
  expect(again.body.message).toBe("RestAPI with handle 'Gone' not found");
  expect((await post(sampleApi('Gone'))).status).toBe(201);
});

it('lists newest first, page by page', async () => {
  for (const name of ['Page1', 'Page2', 'Page3']) await post(sampleApi(name, { version: 'v9.9' }));
  const { body } = await under.call('/rest-apis?version=v9.9&limit=2&offset=1');
  expect(body).toMatchObject({ status: 'success', count: 2, total: 3, limit: 2, offset: 1 });
  expect(body.apis.map(({ displayName }: { displayName: string }) => displayName)).toEqual(['Page2', 'Page1']);
  expect((await under.call('/rest-apis?displayName=nobody')).body).toMatchObject({ count: 0, apis: [] });
  expect((await under.call('/rest-apis?limit=many')).status).toBe(400);
});

it('filters by labels and origin, searches, and sorts by any column, all in the database', async () => {
  const labelled = (name: string, labels: Record<string, string>) => ({
    ...sampleApi(name, { version: 'v7.7' }),
    metadata: { name, labels },
  });
  await post(labelled('SortB', { team: 'pay', tier: 'gold' }));
  await post(labelled('SortC', { team: 'pay' }));
  await post(labelled('SortA', { team: 'ship=1' }));
  const names = async (query: string) => {
    const { status, body } = await under.call(`/rest-apis?version=v7.7&${query}`);
    expect(status).toBe(200);
    return body.apis.map(({ displayName }: { displayName: string }) => displayName);
  };
  expect(await names('label=team=pay&sort=name')).toEqual(['SortB', 'SortC']);
  expect(await names('label=team=pay,tier=gold')).toEqual(['SortB']);
  expect(await names('label=team=ship%3D1')).toEqual(['SortA']);
  expect(await names('sort=-displayName&limit=2')).toEqual(['SortC', 'SortB']);
  expect(await names('sort=context')).toEqual(['SortA', 'SortB', 'SortC']);
  expect(await names('search=%2FSORTa')).toEqual(['SortA']);
  expect(await names('search=%25')).toEqual([]);
  expect(await names('origin=control_plane')).toEqual([]);
  expect((await under.call('/rest-apis?sort=size')).body.errors).toMatchObject([{ field: 'sort' }]);
  expect((await under.call('/rest-apis?label=team')).status).toBe(400);
});

it('answers a wait at once when no router lives, and a bad wait with 400', async () => {
  const waited = await post(sampleApi('Waited'), '/rest-apis?wait=programmed');
  expect(waited.status).toBe(201);
  expect(waited.body.propagation).toEqual({ state: 'pending', nodes: [] });
  expect((await post(sampleApi('Waited2'), '/rest-apis?wait=forever')).status).toBe(400);
  expect((await under.call('/rest-apis/Waited2')).status).toBe(404);
});

it('runs out of time when APIM is not there, which is no error', async () => {
  const made = await under.call('/rest-apis?wait=synced', {
    method: 'POST',
    body: sampleApi('Unsynced'),
    headers: { prefer: 'wait=1' },
  });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ cpSyncStatus: 'pending', cpSyncInfo: { reason: 'not_configured' } });
});

it('leaves the APIs of the control plane to the control plane', async () => {
  await post(sampleApi('Theirs'));
  await onDatabase((client) => client.query(`UPDATE api SET origin = 'control_plane' WHERE handle = 'Theirs'`));
  expect((await under.call('/rest-apis/Theirs')).body).toMatchObject({
    origin: 'control_plane',
    cpSyncStatus: null,
    cpSyncInfo: {},
  });
  const refused = { status: 409, body: { code: 'owned_by_control_plane' } };
  expect(await under.call('/rest-apis/Theirs', { method: 'PUT', body: sampleApi('Theirs') })).toMatchObject(refused);
  expect(await under.call('/rest-apis/Theirs', { method: 'DELETE' })).toMatchObject(refused);
  expect(await under.call('/rest-apis/Theirs/sync', { method: 'POST' })).toMatchObject(refused);
});

it('asks for another push without a new generation', async () => {
  await post(sampleApi('Pushed'));
  const again = await under.call('/rest-apis/Pushed/sync', { method: 'POST' });
  expect(again).toMatchObject({ status: 202, body: { generation: 1, cpSyncStatus: 'pending' } });
  expect((await under.call('/rest-apis/none/sync', { method: 'POST' })).status).toBe(404);
});

it('answers 503 with Retry-After while somebody holds the gateway, and stores nothing', async () => {
  await onDatabase(async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM gateway FOR UPDATE');
    const refused = await post(sampleApi('Busy'));
    expect(refused).toMatchObject({ status: 503, body: { code: 'busy' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await client.query('ROLLBACK');
  });
  expect((await under.call('/rest-apis/Busy')).status).toBe(404);
  expect((await post(sampleApi('Busy'))).status).toBe(201);
});

async function onDatabase(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: under.databaseUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

it('answers a committed write as such when what it waits for, or asks afterwards, cannot be read', async () => {
  const database = new Client({ connectionString: under.databaseUrl });
  await database.connect();
  await database.query('ALTER TABLE node RENAME TO node_away; ALTER TABLE apim_target RENAME TO apim_target_away');
  try {
    const made = await post(sampleApi('Committed'), '/rest-apis?wait=programmed');
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      propagation: { state: 'pending', nodes: [] },
      cpSyncStatus: 'pending',
      cpSyncInfo: { reason: 'unread' },
    });
  } finally {
    await database.query('ALTER TABLE node_away RENAME TO node; ALTER TABLE apim_target_away RENAME TO apim_target');
    await database.end();
  }
  expect((await under.call('/rest-apis/Committed')).status).toBe(200);
});

it('has the uuid that its document pins, and a POST that pins a known one is a write of that API', async () => {
  const id = '018f6b1e-1c00-7000-8000-0000000000aa';
  const pinned = (name: string, artifactId: string, spec = {}) => {
    const api = sampleApi(name, spec);
    return { ...api, metadata: { ...api.metadata, annotations: { 'gateway.api-platform.wso2.com/artifact-id': artifactId } } };
  };
  expect((await post(pinned('Pinned', 'mine'))).body.errors).toMatchObject([{ code: 'invalid_format' }]);
  const made = await post(pinned('Pinned', id.toUpperCase()));
  expect(made).toMatchObject({ status: 201, body: { uuid: id, generation: 1 } });
  expect(await post(pinned('Pinned', id, { context: '/pinned-again' }))).toMatchObject({
    status: 201,
    body: { uuid: id, generation: 2, context: '/pinned-again' },
  });
  expect((await post(pinned('Renamed', id))).body.code).toBe('handle_mismatch');
  expect((await under.call('/rest-apis/Pinned', { method: 'DELETE' })).status).toBe(200);
  expect(await post(pinned('Pinned', id))).toMatchObject({ status: 201, body: { uuid: id, generation: 1 } });
  const other = '018f6b1e-1c00-7000-8000-0000000000bb';
  const raced = await Promise.all(['RacedA', 'RacedB'].map((name) => post(pinned(name, other))));
  expect(raced.map(({ status }) => status).sort()).toEqual([
    201,
    expect.toSatisfy((status: number) => [400, 409].includes(status)),
  ]);
});

import { environmentItem, environmentList } from '@tidegate/management-api';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;

beforeAll(async () => {
  under = await controllerUnderTest();
});

afterAll(() => under.close());

const post = (path: string, body: object = {}) => under.call(path, { method: 'POST', body });
const patch = (id: string, rest: string, headers: Record<string, string> = {}) =>
  under.call(`/environments/${id}`, { method: 'PATCH', body: { paths: { rest } }, headers });

test('an environment is created on no gateway, and listed with those', async () => {
  const made = await post('/environments', { name: 'staging', classification: 'test', paths: { rest: 'stage' } });
  expect(made.status).toBe(201);
  expect(environmentItem.parse(made.body)).toMatchObject({ gateway: null, baseUrl: null, paths: { rest: 'stage' } });
  expect(await post('/environments', { name: 'staging' })).toMatchObject({
    status: 409,
    body: { code: 'ENVIRONMENT_NAME_USED' },
  });
  const names = async (query: string) =>
    environmentList.parse((await under.call(`/environments?${query}`)).body).environments.map(({ name }) => name);
  expect(await names('')).toEqual(['default', 'staging']);
  expect(await names('gateway=none')).toEqual(['staging']);
  expect(await names('gateway=default')).toEqual(['default']);
  expect(await names('search=STAG')).toEqual(['staging']);
  expect(await post('/environments', { name: 'bad', paths: { rest: '/a//b' } })).toMatchObject({
    status: 400,
    body: { errors: [{ code: 'ENVIRONMENT_PATH_LEADING_SLASH' }, { code: 'ENVIRONMENT_PATH_CONSECUTIVE_SLASHES' }] },
  });
});

test('a path moves every API of the environment, unless one would meet another in the whole table', async () => {
  // On one gateway: `default` at the root, and another environment that a hand put there.
  await post('/rest-apis', sampleApi('Here', { context: '/shop/pets' }));
  const { body: other } = await post('/environments', { name: 'other', paths: { rest: 'x' } });
  await post('/rest-apis', sampleApi('There', { context: '/pets' }));
  expect((await post('/rest-apis/There/deployments', { environmentId: 'other' })).status).toBe(201);
  expect((await under.call('/rest-apis/There/deployments/default', { method: 'DELETE' })).status).toBe(200);
  const { DataSource } = await import('typeorm');
  const database = under.controller.app.get(DataSource, { strict: false });
  await database.query(`UPDATE environment SET gateway_id = (SELECT id FROM gateway) WHERE name = 'other'`);
  await database.query(
    `WITH bumped AS (UPDATE gateway SET version = version + 1 RETURNING id, version)
     INSERT INTO gateway_change (gateway_id, kind, entry_id, version)
     SELECT bumped.id, 1, deployment.id, version FROM bumped, deployment WHERE environment_id = $1`,
    [other.id],
  );

  const clash = await patch('other', 'shop');
  expect(clash).toMatchObject({ status: 409, body: { code: 'route_conflict' } });
  expect(clash.body.message).toContain("route of API 'Here'");
  expect(await post('/environments/other/path-check', { paths: { rest: 'shop' } })).toMatchObject({ status: 409 });
  const etag = (await under.call('/environments/other')).headers.get('etag') as string;
  const moved = await patch('other', 'market', { 'if-match': etag });
  expect(moved).toMatchObject({ status: 200, body: { paths: { rest: 'market' }, deployments: [{ api: 'There' }] } });
  expect((await patch('other', 'bazaar', { 'if-match': etag })).status).toBe(412);
  expect(await under.call('/environments/other', { method: 'DELETE' })).toMatchObject({
    status: 409,
    body: { code: 'ENVIRONMENT_ATTACHED' },
  });
});

test('an API is in several environments, each with upstreams of its own, and leaves them one by one', async () => {
  await post('/environments', { name: 'qa', paths: { rest: 'qa' } });
  await post('/rest-apis', sampleApi('Many'));
  const deployed = await post('/rest-apis/Many/deployments', {
    environmentId: 'qa',
    upstreams: { main: { url: 'http://qa.internal:8080/api' } },
  });
  expect(deployed).toMatchObject({
    status: 201,
    body: { environment: { name: 'qa' }, gateway: null, upstreams: { main: { url: 'http://qa.internal:8080/api' } } },
  });
  const { body } = await under.call('/rest-apis/Many/deployments');
  expect(body.deployments.map((one: { environment: { name: string } }) => one.environment.name)).toEqual(['default', 'qa']);
  expect((await under.call('/environments/qa', { method: 'DELETE' })).body.code).toBe('ENVIRONMENT_HAS_DEPLOYMENTS');
  expect((await under.call('/rest-apis/Many/deployments/qa', { method: 'DELETE' })).status).toBe(200);
  expect((await under.call('/rest-apis/Many/deployments/qa', { method: 'DELETE' })).status).toBe(404);
  expect((await under.call('/environments/qa', { method: 'DELETE' })).status).toBe(200);
});

import { applied, dryRun, openApiImport, policyList } from '@tidegate/management-api';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;

beforeAll(async () => {
  under = await controllerUnderTest();
});

afterAll(() => under.close());

const post = (body: unknown, path = '/rest-apis') => under.call(path, { method: 'POST', body });
const apply = (body: unknown, as = 'admin:admin') => under.call('/rest-apis:apply', { method: 'PUT', body, as });
const labelled = (name: string, spec: Record<string, unknown> = {}) => ({
  ...sampleApi(name, spec),
  metadata: { name, labels: { set: 'one' } },
});
const get = (path: string) => ({ method: 'GET', path });

it('says what a new document would serve, and stores nothing', async () => {
  const { status, body } = await post(sampleApi('Dry'), '/rest-apis:dry-run');
  expect(status).toBe(200);
  expect(dryRun.parse(body)).toMatchObject({
    action: 'create',
    name: 'Dry',
    routes: { added: [{ method: 'GET', path: '/dry/pet/{petId}', vhost: '*' }], removed: [], changed: [], unchanged: 0 },
  });
  expect((await under.call('/rest-apis/Dry')).status).toBe(404);
  expect((await under.call('/api/management/v1/rest-apis:dry-run', { method: 'POST', body: sampleApi('Dry') })).status).toBe(200);
});

it('names the routes that come, go, change and stay', async () => {
  await post(sampleApi('Diff', { operations: [get('/gone'), get('/kept'), get('/slower')] }));
  const slower = { ...get('/slower'), resilience: { timeout: '3s' } };
  const { body } = await post(sampleApi('Diff', { operations: [slower, get('/kept'), get('/new')] }), '/rest-apis:dry-run');
  expect(body).toMatchObject({
    action: 'update',
    routes: {
      added: [{ path: '/diff/new' }],
      removed: [{ path: '/diff/gone' }],
      changed: [{ path: '/diff/slower', what: ['timeouts'] }],
      unchanged: 1,
    },
  });
  const upstream = { main: { url: 'https://other.example.com' } };
  const moved = await post(sampleApi('Diff', { upstream, operations: [get('/kept')] }), '/rest-apis:dry-run');
  expect(moved.body.routes.changed).toMatchObject([{ path: '/diff/kept', what: ['upstream'] }]);
  const asleep = await post(sampleApi('Diff', { desiredState: 'undeployed' }), '/rest-apis:dry-run');
  expect(asleep.body.routes).toMatchObject({ added: [], changed: [], unchanged: 0 });
  expect(asleep.body.routes.removed).toHaveLength(3);
});

it('refuses in a dry run what the write would refuse', async () => {
  await post(sampleApi('Holder'));
  expect((await post(sampleApi('Dry2', { context: '/holder' }), '/rest-apis:dry-run')).body.code).toBe('route_conflict');
  expect((await post(sampleApi('Dry2', { displayName: 'Holder', context: '/x' }), '/rest-apis:dry-run')).status).toBe(409);
  expect((await post(sampleApi('Dry2', { context: 'x' }), '/rest-apis:dry-run')).body.code).toBe('validation_failed');
  expect((await under.call('/rest-apis:dry-run', { method: 'POST', body: sampleApi('Dry2'), as: 'view:view' })).status).toBe(403);
});

it('makes a set true; the same set again changes nothing', async () => {
  const documents = [labelled('SetA'), labelled('SetB')];
  const first = await apply({ documents }, 'dev:dev');
  expect(first.status).toBe(200);
  expect(applied.parse(first.body)).toMatchObject({
    status: 'success',
    changed: 2,
    failed: 0,
    items: [
      { name: 'SetA', action: 'create', ok: true, generation: 1 },
      { name: 'SetB', action: 'create', ok: true, generation: 1 },
    ],
  });
  const again = await apply({ documents });
  expect(again.body).toMatchObject({ changed: 0, items: [{ action: 'unchanged', generation: 1 }, { action: 'unchanged' }] });
  const changed = await apply({ documents: [labelled('SetA', { context: '/set-a2' }), labelled('SetB')] });
  expect(changed.body).toMatchObject({ changed: 1, items: [{ action: 'update', generation: 2 }, { action: 'unchanged' }] });
});

it('prunes by label what is not in the set, and nothing else', async () => {
  await apply({ documents: [labelled('PruneA'), labelled('PruneB')] });
  await post(sampleApi('Unlabelled'));
  const set = { documents: [labelled('PruneA'), labelled('SetA'), labelled('SetB')], prune: { set: 'one' } };
  const dry = await apply({ ...set, dryRun: true });
  expect(dry.body.items.filter(({ action }: { action: string }) => action === 'delete')).toMatchObject([{ name: 'PruneB' }]);
  expect((await under.call('/rest-apis/PruneB')).status).toBe(200);
  expect((await apply(set)).body).toMatchObject({ status: 'success' });
  expect((await under.call('/rest-apis/PruneB')).status).toBe(404);
  for (const kept of ['PruneA', 'Unlabelled']) expect((await under.call(`/rest-apis/${kept}`)).status).toBe(200);
});

it('tries again what another document of the set gives up', async () => {
  await apply({ documents: [labelled('SwapA', { context: '/swap-1' }), labelled('SwapB', { context: '/swap-2' })] });
  const moved = await apply({
    documents: [labelled('SwapA', { context: '/swap-2' }), labelled('SwapB', { context: '/swap-3' })],
  });
  expect(moved.body).toMatchObject({ status: 'success', changed: 2, failed: 0 });
  expect((await under.call('/rest-apis/SwapA')).body.context).toBe('/swap-2');
});

it('writes nothing when a document is faulty, and says where; leaves a refused one as it was and prunes nothing', async () => {
  const faulty = await apply({ documents: [labelled('Fine'), { ...labelled('Bad', { context: 'x' }) }, labelled('Fine')] });
  expect(faulty).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  expect(faulty.body.errors.map(({ field }: { field: string }) => field)).toEqual([
    'documents[1].spec.context',
    'documents[2].metadata.name',
  ]);
  expect((await under.call('/rest-apis/Fine')).status).toBe(404);

  await post(sampleApi('InTheWay'));
  const partial = await apply({
    documents: [labelled('Clash', { context: '/intheway' }), labelled('Fine')],
    prune: { set: 'one' },
  });
  expect(partial.body).toMatchObject({
    status: 'partial',
    failed: 1,
    items: [
      { name: 'Clash', ok: false, code: 'route_conflict' },
      { name: 'Fine', ok: true },
    ],
  });
  expect((await under.call('/rest-apis/PruneA')).status).toBe(200);
  expect((await apply({ documents: [], prune: {} })).status).toBe(400);
  expect((await apply({ documents: [], prun: { a: 'b' } })).body.errors).toMatchObject([
    { field: 'prun', code: 'unknown_field' },
  ]);
  expect((await apply({ documents: [] }, 'view:view')).status).toBe(403);
});

it('lists policies with the schema of their parameters', async () => {
  const { body } = await under.call('/policies', { as: 'view:view' });
  const { policies } = policyList.parse(body);
  const auth = policies.find(({ name }) => name === 'api-key-auth');
  expect(auth).toMatchObject({ version: 'v1', parameters: { type: 'object', properties: expect.any(Object) } });
  expect((await under.call('/policies?category=traffic&limit=1')).body).toMatchObject({ count: 1, limit: 1 });
});

it('makes a document of an OpenAPI description, which can be deployed and described again', async () => {
  const description = `
openapi: 3.1.0
info: {title: Imported Pets, version: 1.0.0}
servers: [{url: "https://pets.example.com/api"}]
paths:
  /pets/{id}:
    get: {responses: {200: {description: fine}}}
`;
  const asked = { method: 'POST', body: description, type: 'application/yaml', as: 'dev:dev' };
  const { status, body } = await under.call('/rest-apis:from-openapi?name=imported', asked);
  expect(status).toBe(200);
  expect(openApiImport.parse(body)).toMatchObject({ losses: [], document: { metadata: { name: 'imported' } } });
  expect((await under.call('/rest-apis/imported')).status).toBe(404);
  expect((await post(body.document)).status).toBe(201);
  const exported = await under.call('/rest-apis/imported/openapi', { as: 'view:view' });
  expect(exported.body).toMatchObject({
    openapi: '3.1.0',
    servers: [{ url: '/imported-pets/v1.0.0' }],
    paths: { '/pets/{id}': {} },
  });
  expect((await under.call('/rest-apis/none/openapi')).status).toBe(404);
  const lost = await under.call('/rest-apis:from-openapi', { ...asked, body: 'openapi: 3.1.0\npaths: {/a: {get: {}}}' });
  expect(lost).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
});

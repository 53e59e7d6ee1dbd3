import { revision, revisionList } from '@tidegate/management-api';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type Asked, type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;

beforeAll(async () => {
  under = await controllerUnderTest();
});

afterAll(() => under.close());

async function api(name: string, contexts: readonly string[]): Promise<string> {
  const [first = '', ...others] = contexts;
  await under.call('/rest-apis', { method: 'POST', body: sampleApi(name, { context: first }) });
  for (const context of others)
    await under.call(`/rest-apis/${name}`, { method: 'PUT', body: sampleApi(name, { context }), as: 'dev:dev' });
  return `/rest-apis/${name}/revisions`;
}

const restore = (path: string, asked: Asked = {}) => under.call(`${path}/restore`, { method: 'POST', ...asked });

it('keeps what an API was, and who made it so', async () => {
  const path = await api('Kept', ['/kept-1', '/kept-2']);
  const { body: list } = await under.call(path);
  expect(revisionList.parse(list)).toMatchObject({
    total: 2,
    revisions: [
      { revision: 2, current: true, createdBy: 'dev', restoredFrom: null },
      { revision: 1, current: false, createdBy: 'admin', restoredFrom: null },
    ],
  });
  const { body: first } = await under.call(`${path}/1`);
  expect(revision.parse(first).document.spec.context).toBe('/kept-1');
  expect((await under.call(`${path}?limit=1&offset=1`)).body).toMatchObject({ count: 1, total: 2, revisions: [{ revision: 1 }] });
  for (const missing of ['3', '0', 'x', '99999999999999999999'])
    expect((await under.call(`${path}/${missing}`)).status).toBe(404);
  expect((await under.call('/rest-apis/none/revisions')).status).toBe(404);
});

it('makes an earlier document the current one, as a write like any other', async () => {
  const path = await api('Restored', ['/restored-1', '/restored-2']);
  expect((await restore(`${path}/1`, { headers: { 'if-match': '"1"' } })).status).toBe(412);
  const restored = await restore(`${path}/1`, { headers: { 'if-match': '"2"' } });
  expect(restored).toMatchObject({ status: 200, body: { generation: 3, context: '/restored-1', cpSyncStatus: 'pending' } });
  expect(restored.headers.get('etag')).toBe('"3"');
  expect((await under.call(path)).body.revisions[0]).toMatchObject({ revision: 3, current: true, restoredFrom: 1 });
  expect((await restore(`${path}/1`, { as: 'view:view' })).status).toBe(403);
  expect((await restore(`${path}/9`)).status).toBe(404);
});

it('checks what is restored as if it came now', async () => {
  const path = await api('Overtaken', ['/overtaken', '/elsewhere']);
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Heir', { context: '/overtaken' }) });
  expect(await restore(`${path}/1`)).toMatchObject({ status: 409, body: { code: 'route_conflict' } });
  expect((await under.call(path)).body.total).toBe(2);
});

it('keeps the newest hundred, and none of a deleted API', async () => {
  const path = await api('Busy', ['/busy']);
  for (let n = 0; n < 101; n++) await under.call('/rest-apis/Busy', { method: 'PUT', body: sampleApi('Busy') });
  const { body } = await under.call(`${path}?limit=1&offset=99`);
  expect(body).toMatchObject({ total: 100, revisions: [{ revision: 3 }] });
  await under.call('/rest-apis/Busy', { method: 'DELETE' });
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Busy') });
  expect((await under.call(path)).body).toMatchObject({ total: 1, revisions: [{ revision: 1 }] });
});

import { explainAnswer } from '@tidegate/management-api';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;

beforeAll(async () => {
  under = await controllerUnderTest();
});

afterAll(() => under.close());

const explain = (body: unknown, as = 'dev:dev') => under.call('/explain', { method: 'POST', body, as });

it('says where a request goes and why, as of the last write', async () => {
  const policies = [{ name: 'api-key-auth', version: 'v1', params: { key: 'X-API-Key', in: 'header' } }];
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Explained', { policies }) });
  const { status, body } = await explain({ url: '/explained/pet/7?x=1', headers: { host: 'h' } });
  expect(status).toBe(200);
  expect(explainAnswer.parse(body)).toMatchObject({
    outcome: 'routed',
    route: { api: 'Explained', operationPath: '/pet/{petId}', environment: 'default' },
    policies: [{ name: 'api-key-auth', version: 'v1', level: 'api' }],
    upstream: { target: '/pet/7?x=1', targets: [{ url: expect.stringContaining('petstore.example.com') }] },
  });
  await under.call('/rest-apis/Explained', { method: 'PUT', body: sampleApi('Explained', { context: '/moved' }) });
  expect((await explain({ url: '/explained/pet/7', headers: { host: 'h' } })).body.outcome).toBe('not-found');
  expect((await explain({ url: 'http://h/moved/pet/7' })).body.outcome).toBe('routed');
  expect((await explain({ method: 'POST', url: 'http://h/moved/pet/7' })).body.candidates).toMatchObject([
    { verdict: 'other-method' },
  ]);
});

it('asks for a request it can understand, and a gateway that is there', async () => {
  expect((await explain({ url: '/x', gateway: 'none' })).status).toBe(404);
  expect((await explain({ url: '/x', gateway: 'default', headers: { host: 'h' } })).status).toBe(200);
  expect((await explain({})).body.errors).toMatchObject([{ field: 'url' }]);
  expect((await explain({ url: '/x', methd: 'GET' })).body.errors).toMatchObject([{ field: 'methd', code: 'unknown_field' }]);
  expect((await explain({ url: '/x', method: 'GET /' })).status).toBe(400);
  expect((await explain({ url: '/x' }, 'con:con')).status).toBe(403);
});

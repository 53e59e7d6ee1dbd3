import { errorBody } from '@tidegate/management-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type Answer,
  type Asked,
  type ControllerUnderTest,
  controllerUnderTest,
  sampleApi,
} from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;

beforeAll(async () => {
  under = await controllerUnderTest();
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Bad') });
  await under.call('/rest-apis/Bad/api-keys', { method: 'POST', body: { name: 'bad-key' } });
  const made = async (path: string, body: object) => (await under.call(path, { method: 'POST', body })).body;
  ids.plan = (await made('/subscription-plans', { planName: 'Bad' })).id;
  ids.subscription = (await made('/subscriptions', { apiId: 'Bad', subscriptionToken: 'bad' })).id;
  await made('/secrets', { kind: 'Secret', metadata: { name: 'bad' }, spec: { displayName: 'Bad', value: 'v' } });
});

/** Of what is there, in paths */
const ids = { plan: '', subscription: '' };
const pathOf = (path: string) => path.replace(':plan', ids.plan).replace(':subscription', ids.subscription);

afterAll(() => under.close());

/** Every operation that reads a body, asked about something that is there */
const READERS = [
  ['POST', '/rest-apis'],
  ['PUT', '/rest-apis/Bad'],
  ['POST', '/rest-apis:dry-run'],
  ['PUT', '/rest-apis:apply'],
  ['POST', '/explain'],
  ['POST', '/rest-apis/Bad/api-keys'],
  ['PUT', '/rest-apis/Bad/api-keys/bad-key'],
  ['POST', '/rest-apis/Bad/api-keys/bad-key/regenerate'],
  ['POST', '/subscription-plans'],
  ['PUT', '/subscription-plans/:plan'],
  ['POST', '/subscriptions'],
  ['PUT', '/subscriptions/:subscription'],
  ['POST', '/certificates'],
  ['POST', '/certificates/reload'],
  ['POST', '/secrets'],
  ['PUT', '/secrets/bad'],
] as const;

/** The bound of a secret's body is far below the others'. */
const SECRET_BODY_BYTES_MAX = 11_264;

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
const BOMB = ['a0: &a0 [x, x]', ...Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`)].join('\n');

const BODIES = [
  ['no JSON', JSON_TYPE, '{"kind":', 400],
  ['an empty body', JSON_TYPE, '', 400],
  ['a list', JSON_TYPE, '[]', 400],
  ['null', JSON_TYPE, 'null', 400],
  ['a number', JSON_TYPE, '1e999', 400],
  ['nesting without end', JSON_TYPE, '['.repeat(50_000), 400],
  ['keys of the prototype', JSON_TYPE, '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}', 400],
  ['an unknown field', JSON_TYPE, '{"surprise":1}', 400],
  ['no YAML', YAML_TYPE, 'kind: [RestApi', 400],
  ['aliases that explode', YAML_TYPE, BOMB, 400],
  ['a tag that makes an object', YAML_TYPE, 'kind: !!js/function "x"', 400],
  ['a key twice', YAML_TYPE, 'kind: RestApi\nkind: RestApi\n', 400],
  ['YAML keys of the prototype', YAML_TYPE, '__proto__: {polluted: true}', 400],
  ['another type', 'text/plain', '{}', 415],
  ['a form', 'application/x-www-form-urlencoded', 'a=b', 415],
  ['more than 1 MiB', JSON_TYPE, `"${'x'.repeat(1024 * 1024)}"`, 413],
] as const;

describe.each(READERS)('%s %s', (method, path) => {
  it.each(BODIES)('refuses %s', async (_, type, body, status) => {
    if (path === '/certificates/reload' && body === '') return; // it takes nothing
    const refused = await under.call(pathOf(path), { method, type, body });
    const tooLarge = path.startsWith('/secrets') && body.length > SECRET_BODY_BYTES_MAX;
    expect(refused.status).toBe(tooLarge && status === 400 ? 413 : status);
    expect(errorBody.parse(refused.body)).toMatchObject({ status: 'error', code: expect.stringMatching(/^[a-z_]+$/) });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

it('has left everything as it was', async () => {
  expect((await under.call('/rest-apis')).body).toMatchObject({ total: 1, apis: [{ generation: 1 }] });
  expect((await under.call('/rest-apis/Bad/api-keys')).body).toMatchObject({ total: 1, apiKeys: [{ generation: 1 }] });
  for (const path of ['/subscription-plans', '/subscriptions', '/secrets'])
    expect((await under.call(path)).body).toMatchObject({ total: 1 });
  expect((await under.call('/certificates')).body.total).toBe(0);
  for (const path of ['/subscription-plans/:plan', '/subscriptions/:subscription', '/secrets/bad'])
    expect((await under.call(pathOf(path))).headers.get('etag')).toBe('"1"');
});

it.each([
  ['PUT', '/rest-apis/Bad', sampleApi('Bad')],
  ['DELETE', '/rest-apis/Bad', undefined],
  ['POST', '/rest-apis/Bad/revisions/1/restore', undefined],
  ['PUT', '/rest-apis/Bad/api-keys/bad-key', { apiKey: 'x'.repeat(40) }],
  ['POST', '/rest-apis/Bad/api-keys/bad-key/regenerate', {}],
  ['DELETE', '/rest-apis/Bad/api-keys/bad-key', undefined],
  ['PUT', '/subscription-plans/:plan', { status: 'INACTIVE' }],
  ['DELETE', '/subscription-plans/:plan', undefined],
  ['PUT', '/subscriptions/:subscription', { status: 'INACTIVE' }],
  ['DELETE', '/subscriptions/:subscription', undefined],
  ['PUT', '/secrets/bad', { kind: 'Secret', metadata: { name: 'bad' }, spec: { displayName: 'Bad', value: 'w' } }],
  ['DELETE', '/secrets/bad', undefined],
])('%s %s is refused for another state than the one it was meant for', async (method, path, body) => {
  for (const etag of ['"2"', 'W/"1"', '"1x"', '""'])
    expect(await under.call(pathOf(path), { method, body, headers: { 'if-match': etag } })).toMatchObject({
      status: 412,
      body: { code: 'precondition_failed' },
    });
});

describe('concurrent writers', () => {
  const made = async (name: string) => {
    await under.call('/rest-apis', { method: 'POST', body: sampleApi(name) });
    return `/rest-apis/${name}`;
  };
  const together = (asked: readonly (readonly [string, Asked])[]): Promise<Answer[]> =>
    Promise.all(asked.map(([path, how]) => under.call(path, how)));
  const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();

  it('who mean the same state: one wins, the others are told, nothing is half applied', async () => {
    const path = await made('Writers');
    const contexts = ['/w-1', '/w-2', '/w-3', '/w-4'];
    const answers = await together(
      contexts.map((context) => [
        path,
        { method: 'PUT', body: sampleApi('Writers', { context }), headers: { 'if-match': '"1"' } },
      ]),
    );
    expect(statuses(answers)).toEqual([200, 412, 412, 412]);
    const winner = answers.find(({ status }) => status === 200)?.body;
    expect((await under.call(path)).body).toMatchObject({ generation: 2, context: winner.context });
    expect((await under.call(`${path}/revisions`)).body.total).toBe(2);
  });

  it('who mean any state: all are written, one after the other', async () => {
    const path = await made('Queue');
    const answers = await together([1, 2, 3, 4].map(() => [path, { method: 'PUT', body: sampleApi('Queue') }]));
    expect(statuses(answers)).toEqual([200, 200, 200, 200]);
    expect(answers.map(({ body }) => body.generation).sort()).toEqual([2, 3, 4, 5]);
  });

  it('of whom some delete: one deletion, the rest find nothing or came before', async () => {
    const path = await made('Doomed');
    const answers = await together([
      [path, { method: 'DELETE' }],
      [path, { method: 'PUT', body: sampleApi('Doomed') }],
      [path, { method: 'DELETE' }],
      [`${path}/api-keys`, { method: 'POST', body: {} }],
    ]);
    expect(answers.filter(({ status }) => ![200, 201, 404].includes(status))).toEqual([]);
    expect([answers[0], answers[2]].map((one) => one?.status).sort()).toEqual([200, 404]);
    expect((await under.call(path)).status).toBe(404);
  });

  it('who give a key another value: the last one stands, and no other works', async () => {
    const path = `${await made('Keys')}/api-keys`;
    await under.call(path, { method: 'POST', body: { name: 'shared' } });
    const answers = await together([1, 2, 3].map(() => [`${path}/shared/regenerate`, { method: 'POST', body: {} }]));
    expect(statuses(answers)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.uuid)).size).toBe(1);
    expect((await under.call(path)).body.total).toBe(1);
  });
});

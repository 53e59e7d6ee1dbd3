import { request } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ACCESS_RULES, BASE_PATHS } from './access.ts';
import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;

beforeAll(async () => {
  under = await controllerUnderTest();
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Edge') });
});

afterAll(() => under.close());

const envelope = {
  status: 'error',
  code: expect.any(String),
  message: expect.any(String),
  errors: expect.any(Array),
  requestId: expect.any(String),
};

describe('who may', () => {
  it.each([
    ['no credentials', null],
    ['a wrong password', 'admin:wrong'],
    ['an unknown user', 'nobody:admin'],
    ['an empty password', 'admin:'],
  ])('refuses %s with a challenge', async (_, as) => {
    const refused = await rawCall(
      '/rest-apis',
      as === null ? {} : { authorization: `Basic ${Buffer.from(as).toString('base64')}` },
    );
    expect(refused.status).toBe(401);
    expect(refused.challenge).toMatch(/^Basic realm=/);
    expect(refused.body).toEqual(envelope);
  });

  it('opens no password dialog in a page, but does in a navigation', async () => {
    expect((await rawCall('/rest-apis', { 'sec-fetch-mode': 'cors' })).challenge).toBeUndefined();
    expect((await rawCall('/rest-apis', { 'sec-fetch-mode': 'navigate' })).challenge).toBeDefined();
  });

  it('takes the scheme and the user name in any case', async () => {
    const authorization = `bAsIc ${Buffer.from('ADMIN:admin').toString('base64')}`;
    expect((await under.call('/rest-apis', { as: null, headers: { authorization } })).status).toBe(200);
  });

  it.each([
    ['dev:dev', 'GET', '/rest-apis', 200],
    ['dev:dev', 'GET', '/rest-apis/Edge/api-keys', 403],
    ['con:con', 'GET', '/rest-apis', 403],
    ['con:con', 'GET', '/rest-apis/Edge/api-keys', 200],
    ['view:view', 'GET', '/rest-apis/Edge', 200],
    ['view:view', 'GET', '/rest-apis/Edge/api-keys', 200],
    ['view:view', 'GET', '/gateways', 200],
    ['view:view', 'DELETE', '/rest-apis/Edge', 403],
    ['view:view', 'POST', '/gateways/default/join-tokens', 403],
    ['dev:dev', 'POST', '/gateways/default/join-tokens', 403],
  ])('%s: %s %s answers %i', async (as, method, path, status) => {
    expect((await under.call(path, { as, method })).status).toBe(status);
  });

  it('opens health to anyone', async () => {
    expect(await under.call('/health', { as: null })).toMatchObject({ status: 200, body: { status: 'healthy' } });
  });
});

describe('what is wrong with a request', () => {
  it('answers an unknown path 404 without asking who it is', async () => {
    expect(await under.call('/nowhere', { as: null })).toMatchObject({ status: 404, body: { ...envelope, code: 'not_found' } });
    expect((await under.call('/rest-apis/')).status).toBe(404);
  });

  it('answers a known path with another method 405, and says which', async () => {
    const refused = await under.call('/rest-apis/Edge', { method: 'PATCH', as: null });
    expect(refused).toMatchObject({ status: 405, body: envelope });
    expect(refused.headers.get('allow')).toBe('DELETE, GET, HEAD, PUT');
    expect((await under.call('/api/management/v1/gateways', { method: 'PUT', body: '{}' })).headers.get('allow')).toBe(
      'GET, HEAD, POST',
    );
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'multipart/form-data'])(
    'answers %s with 415',
    async (type) => {
      expect(await under.call('/rest-apis', { method: 'POST', body: 'x', type })).toMatchObject({ status: 415, body: envelope });
    },
  );

  it('reads exactly 1 MiB and not a byte more', async () => {
    const padded = (bytes: number) => {
      const empty = JSON.stringify({ ...sampleApi('Big'), pad: '' });
      return JSON.stringify({ ...sampleApi('Big'), pad: 'x'.repeat(bytes - empty.length) });
    };
    const fits = await under.call('/rest-apis', { method: 'POST', body: padded(1024 * 1024) });
    expect(fits.status).toBe(400);
    expect(fits.body.errors).toMatchObject([{ field: 'pad', code: 'unknown_field' }]);
    const beyond = await under.call('/rest-apis', { method: 'POST', body: padded(1024 * 1024 + 1) });
    expect(beyond).toMatchObject({ status: 413, body: envelope });
  });

  it('tells bytes that are no text', async () => {
    const body = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    expect((await rawCall('/rest-apis', { 'content-type': 'application/json', authorization: ADMIN }, 'POST', body)).status).toBe(
      400,
    );
  });

  it('tells a path that cannot be decoded, in the same envelope', async () => {
    const refused = await rawCall('/rest-apis/%zz', { authorization: ADMIN });
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ status: 'error', code: 'bad_request' });
  });

  it('knows no API of a name that no database can hold', async () => {
    expect((await under.call('/rest-apis/%00')).status).toBe(400);
    expect((await under.call('/rest-apis/invalid@id')).status).toBe(404);
    expect((await under.call(`/rest-apis/${'x'.repeat(400)}`)).status).toBe(414);
  });

  it.each(ACCESS_RULES.filter(({ method }) => method === 'POST' || method === 'PUT').map(({ method, path }) => [method, path]))(
    'refuses a bad body on %s %s, in both spellings, and stores nothing',
    async (method, pattern) => {
      const path = pattern
        .replaceAll('::', ':')
        .replace('/rest-apis/:id', '/rest-apis/Edge')
        .replace('/gateways/:id', '/gateways/default');
      const before = await stored();
      for (const base of BASE_PATHS) {
        for (const body of ['{"kind":', '[]', '"text"', '{"no_such_field": 1}', '{"expiresIn": 5}']) {
          const refused = await under.call(`${base}${path}`, { method, body });
          expect(refused, `${body} → ${JSON.stringify(refused.body)}`).toMatchObject({ status: 400, body: envelope });
        }
        expect((await under.call(`${base}${path}`, { method, body: 'a: [', type: 'text/yaml' })).status).toBe(400);
      }
      expect(await stored()).toEqual(before);
    },
  );
});

describe('correlation', () => {
  it('echoes an id that is safe to echo, and makes one otherwise', async () => {
    const sent = await under.call('/nowhere', { headers: { 'x-correlation-id': 'abc-123.4:5_6' } });
    expect(sent.headers.get('x-correlation-id')).toBe('abc-123.4:5_6');
    expect(sent.body.requestId).toBe('abc-123.4:5_6');
    for (const odd of ['x'.repeat(129), 'a b', 'a"b']) {
      const made = await under.call('/nowhere', { headers: { 'x-correlation-id': odd } });
      expect(made.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe('browsers', () => {
  it('refuses a host that is not ours', async () => {
    expect((await rawCall('/rest-apis', { host: 'evil.example', authorization: ADMIN })).status).toBe(421);
    expect((await rawCall('/rest-apis', { host: 'localhost:1', authorization: ADMIN })).status).toBe(200);
  });

  it.each([
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 404],
    [{}, 404],
  ])('answers a write with %j with %i', async (headers, status) => {
    expect((await rawCall('/rest-apis/none', { ...headers, authorization: ADMIN }, 'DELETE')).status).toBe(status);
  });
});

describe('the side ports', () => {
  it('says on the admin port whether the database answers', async () => {
    const ready = await fetch(`http://127.0.0.1:${under.controller.adminPort}/ready`);
    expect(ready.status).toBe(200);
  });
});

const ADMIN = `Basic ${Buffer.from('admin:admin').toString('base64')}`;

async function stored(): Promise<unknown> {
  return [(await under.call('/rest-apis')).body, (await under.call('/rest-apis/Edge/api-keys')).body];
}

/** `fetch` sets some headers itself and refuses odd paths; this does neither. */
function rawCall(path: string, headers: Record<string, string>, method = 'GET', body?: Buffer) {
  return new Promise<{ status: number; challenge: string | undefined; body: unknown }>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: under.controller.port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: response.statusCode ?? 0,
          challenge: response.headers['www-authenticate'],
          body: text === '' ? null : JSON.parse(text),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

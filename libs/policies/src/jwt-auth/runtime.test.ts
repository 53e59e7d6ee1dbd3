import { createHmac, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';

import type { HttpCalls, Policy } from '@tidegate/policy-sdk';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { jwtAuth } from './definition.ts';
import { jwtAuthRuntime } from './runtime.ts';

const NOW_MS = 1_763_769_610_000;
const NOW = NOW_MS / 1000;
const ISSUER = 'https://idp.example.com';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });

const jwk = (key: KeyObject, kid: string, more: object = {}) => ({ ...key.export({ format: 'jwk' }), kid, ...more });
const setOf = (...keys: object[]) => JSON.stringify({ keys });
const SET = setOf(jwk(rsa.publicKey, 'rsa'), jwk(ec.publicKey, 'ec'));

/** A server of key sets that does what a test wants, and counts. */
function server(answer: () => string | Promise<string>) {
  const state = { calls: 0 };
  const http: HttpCalls = {
    async send() {
      state.calls += 1;
      return { status: 200, header: () => undefined, body: Buffer.from(await answer()) };
    },
  };
  return { http, state };
}

interface Setup {
  readonly params?: object;
  readonly settings?: object;
  readonly http?: HttpCalls;
  readonly now?: () => number;
}

function build({ params = {}, settings = {}, http, now = () => NOW_MS }: Setup = {}): Policy {
  const jwks = http === undefined ? { local: { inline: SET } } : { remote: { uri: 'https://idp.example.com/jwks' } };
  const keyManagers = [{ name: 'idp', issuer: ISSUER, jwks }];
  const context = sampleContext({ settings: { keyManagers, ...settings }, now, ...(http && { http }) });
  return jwtAuthRuntime.build(jwtAuth.params.parse(params), context);
}

interface Claims {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: KeyObject;
}

function token(claims: object = {}, { alg = 'RS256', kid = 'rsa', key = rsa.privateKey }: Claims = {}): Promise<string> {
  return new SignJWT({ iss: ISSUER, sub: 'ann', exp: NOW + 60, ...claims }).setProtectedHeader({ alg, kid }).sign(key);
}

const b64 = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

async function send(policy: Policy, authorization: string | undefined, headers: Record<string, string> = {}) {
  const exchange = sampleExchange({ headers: authorization === undefined ? headers : { authorization, ...headers } });
  const verdict = await policy.requestHeaders?.(exchange);
  return { status: verdict?.status ?? 200, verdict, exchange };
}

describe('a valid token', () => {
  it.each([
    ['RS256', 'rsa', rsa.privateKey],
    ['PS256', 'rsa', rsa.privateKey],
    ['ES256', 'ec', ec.privateKey],
  ])('%s passes; the upstream gets it under another name', async (alg, kid, key) => {
    const jwt = await token({ scope: 'a b', jti: 'j1' }, { alg, kid, key });
    const { status, exchange } = await send(build(), `Bearer ${jwt}`);
    expect(status).toBe(200);
    expect(exchange.auth).toEqual({
      type: 'jwt',
      subject: 'ann',
      properties: { issuer: ISSUER, tokenId: 'j1', scopes: 'a b' },
      previous: null,
    });
    expect(exchange.removedHeaders).toEqual(['authorization']);
    expect(Object.fromEntries(exchange.upstreamHeaders)).toEqual({ 'x-forwarded-authorization': `Bearer ${jwt}` });
  });

  it('is decided at once when it was seen before', async () => {
    const policy = build();
    const authorization = `bearer ${await token()}`;
    await send(policy, authorization);
    expect(policy.requestHeaders?.(sampleExchange({ headers: { authorization } }))).toBeUndefined();
  });

  it('is passed on, or not, as told; claims become headers that nobody can spoof', async () => {
    const claimMappings = { sub: 'X-User', groups: 'X-Groups', missing: 'X-Missing' };
    const jwt = await token({ groups: ['a', 'é'] });
    const mapped = await send(build({ params: { claimMappings, forwardToken: false } }), `Bearer ${jwt}`);
    expect(mapped.exchange.removedHeaders).toEqual(['authorization', 'x-forwarded-authorization']);
    expect(Object.fromEntries(mapped.exchange.upstreamHeaders)).toEqual({
      'x-user': 'ann',
      'x-groups': '["a","%C3%A9"]',
      'x-missing': '',
    });
    const stripped = await send(
      build({ params: { forwardTokenStripScheme: true, forwardedTokenHeader: 'X-T' } }),
      `Bearer ${jwt}`,
    );
    expect(Object.fromEntries(stripped.exchange.upstreamHeaders)).toEqual({ 'x-t': jwt });
  });
});

describe('what is no valid token', () => {
  it('is refused with one and the same answer', async () => {
    const { verdict } = await send(build(), undefined);
    expect(verdict).toEqual({
      status: 401,
      headers: [
        ['content-type', 'application/json'],
        ['www-authenticate', 'Bearer'],
      ],
      body: '{"error":"Unauthorized","message":"Authentication failed"}',
    });
    const plain = await send(build({ settings: { errorMessageFormat: 'plain', onFailureStatusCode: 403 } }), 'x');
    expect(plain.verdict).toMatchObject({ status: 403, body: 'Authentication failed' });
    expect((await send(build({ settings: { errormessageformat: 'minimal' } }), 'x')).verdict?.body).toBe('Unauthorized');
  });

  it('alg none, in any case, signed with nothing', async () => {
    const payload = b64({ iss: ISSUER, sub: 'ann', exp: NOW + 60 });
    for (const alg of ['none', 'None', 'NONE', ''])
      for (const signature of ['', 'AA'])
        expect((await send(build(), `Bearer ${b64({ alg, kid: 'rsa' })}.${payload}.${signature}`)).status).toBe(401);
  });

  it('key confusion: an HMAC made with the public key', async () => {
    const head = `${b64({ alg: 'HS256', kid: 'rsa' })}.${b64({ iss: ISSUER, sub: 'ann', exp: NOW + 60 })}`;
    const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' });
    for (const secret of [pem, rsa.publicKey.export({ format: 'der', type: 'spki' }), JSON.stringify(jwk(rsa.publicKey, 'rsa'))])
      expect(
        (await send(build(), `Bearer ${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`)).status,
      ).toBe(401);
  });

  it('a kid that is a path, a query, a member every object has, or none', async () => {
    for (const kid of ['../../dev/null', "' OR 1=1 --", '__proto__', 'constructor', '', 'x'.repeat(2000)])
      expect((await send(build(), `Bearer ${await token({}, { kid, key: other.privateKey })}`)).status).toBe(401);
  });

  it('a key that the token brings along or points to', async () => {
    const embedded = await new SignJWT({ iss: ISSUER, exp: NOW + 60 })
      .setProtectedHeader({
        alg: 'RS256',
        kid: 'rsa',
        jwk: jwk(other.publicKey, 'rsa'),
        jku: 'https://evil.example.com/jwks',
      })
      .sign(other.privateKey);
    expect((await send(build(), `Bearer ${embedded}`)).status).toBe(401);
  });

  it.each([
    ['expired', { exp: NOW - 31 }],
    ['not yet valid', { nbf: NOW + 31 }],
    ['of another issuer', { iss: 'https://evil.example.com' }],
    ['without issuer', { iss: undefined }],
  ])('one that is %s', async (_what, claims) => {
    expect((await send(build(), `Bearer ${await token(claims)}`)).status).toBe(401);
  });

  it('within the leeway, and after it, also when it was seen before', async () => {
    let nowMs = NOW_MS;
    const policy = build({ now: () => nowMs });
    const authorization = `Bearer ${await token({ exp: NOW + 5 })}`;
    expect((await send(policy, authorization)).status).toBe(200);
    nowMs = (NOW + 34) * 1000;
    expect((await send(policy, authorization)).status).toBe(200);
    nowMs = (NOW + 36) * 1000;
    expect((await send(policy, authorization)).status).toBe(401);
  });

  it('signed with another key, changed, cut, doubled, huge, of another scheme, or noise', async () => {
    const jwt = await token();
    const [head, , signature] = jwt.split('.');
    const wrong = [
      await token({}, { key: other.privateKey }),
      `${head}.${b64({ iss: ISSUER, sub: 'root', exp: NOW + 60 })}.${signature}`,
      jwt.slice(0, -10),
      `${jwt}.x`,
      'a.b.c',
      `${b64('{')}.${b64('{')}.AA`,
      `${'a'.repeat(20_000)}.b.c`,
    ].map((text) => `Bearer ${text}`);
    for (const value of [...wrong, `Basic ${jwt}`, jwt, `Bearer${jwt}`, 'Bearer ', `Bearer ${jwt}, Bearer ${jwt}`])
      expect([value.slice(0, 40), (await send(build(), value)).status]).toEqual([value.slice(0, 40), 401]);
  });
});

describe('claims', () => {
  it.each([
    [{ audiences: ['api'] }, { aud: ['x', 'api'] }, 200],
    [{ audiences: ['api'] }, { aud: 'other' }, 401],
    [{ audiences: ['api'] }, {}, 401],
    [{ scopes: { allOf: ['a', 'b'] } }, { scope: 'b a' }, 200],
    [{ scopes: { allOf: ['a', 'b'] } }, { scope: 'a' }, 401],
    [{ scopes: { anyOf: ['a', 'b'] } }, { scp: ['b'] }, 200],
    [{ scopes: { anyOf: ['a'] } }, { scope: 'ab' }, 401],
    [{ requiredScopes: ['a'] }, { scope: 'a' }, 200],
    [{ requiredScopes: ['a'], scopes: {} }, {}, 200],
    [{ claims: { allOf: [{ claim: 'role', values: ['x', 'y'] }] } }, { role: ['y'] }, 200],
    [{ claims: { allOf: [{ claim: 'role', values: ['x'] }] } }, { role: 'xx' }, 401],
    [{ claims: { anyOf: [{ claim: 'toString', values: ['x'] }] } }, {}, 401],
    [{ requiredClaims: { org: 'a' } }, { org: 'a' }, 200],
    [{ requiredClaims: { org: 'a' } }, { org: 'b' }, 401],
    [{ issuers: ['idp'] }, {}, 200],
    [{ issuers: [ISSUER] }, {}, 200],
  ])('%j with %j: %d', async (params, claims, status) => {
    expect((await send(build({ params }), `Bearer ${await token(claims)}`)).status).toBe(status);
  });

  it('without anybody to vouch for tokens nothing is built', () => {
    expect(() => build({ params: { issuers: ['nobody'] } })).toThrow('no key manager');
    expect(() => jwtAuthRuntime.build(jwtAuth.params.parse({}), sampleContext())).toThrow('no key manager');
  });
});

describe('keys of the operator’s own', () => {
  const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();
  const withLocal = (local: object, readFile?: (path: string) => string) =>
    jwtAuthRuntime.build(
      jwtAuth.params.parse({}),
      sampleContext({
        settings: { keymanagers: [{ name: 'idp', issuer: ISSUER, jwks: { local } }] },
        now: () => NOW_MS,
        ...(readFile && { readFile }),
      }),
    );

  it.each([
    ['one public key', pem(rsa.publicKey)],
    ['several, one of them the right one', `${pem(other.publicKey)}\n${pem(rsa.publicKey)}`],
    ['a JWKS', SET],
  ])('from a file: %s', async (_what, text) => {
    const read: string[] = [];
    const policy = withLocal({ certificatePath: '/keys/idp.pem' }, (path) => (read.push(path), text));
    expect((await send(policy, `Bearer ${await token()}`)).status).toBe(200);
    expect((await send(policy, `Bearer ${await token({}, { kid: 'rsa', key: ec.privateKey, alg: 'ES256' })}`)).status).toBe(401);
    expect(read).toEqual(['/keys/idp.pem']);
  });

  it('a certificate has no kid: tokens need none, and any will do', async () => {
    const policy = withLocal({ inline: pem(rsa.publicKey) });
    const bare = await new SignJWT({ iss: ISSUER, exp: NOW + 60 }).setProtectedHeader({ alg: 'RS256' }).sign(rsa.privateKey);
    expect((await send(policy, `Bearer ${bare}`)).status).toBe(200);
    expect((await send(policy, `Bearer ${await token({}, { kid: '../../etc/passwd' })}`)).status).toBe(200);
    const confused = `${b64({ alg: 'HS256' })}.${b64({ iss: ISSUER, exp: NOW + 60 })}`;
    const mac = createHmac('sha256', pem(rsa.publicKey)).update(confused).digest('base64url');
    expect((await send(policy, `Bearer ${confused}.${mac}`)).status).toBe(401);
    expect((await send(policy, `Bearer ${b64({ alg: 'none' })}.${b64({ iss: ISSUER, exp: NOW + 60 })}.AAAA`)).status).toBe(401);
  });

  it.each([
    ['a file that cannot be read', () => withLocal({ certificatePath: '/nowhere' })],
    ['a private key', () => withLocal({ inline: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() })],
    ['a weak key', () => withLocal({ inline: pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey) })],
    ['no key', () => withLocal({ inline: 'hello' })],
    ['a damaged one', () => withLocal({ inline: pem(rsa.publicKey).replace('MII', 'AAA') })],
  ])('nothing is built with %s', (_what, built) => {
    expect(built).toThrow();
  });
});

describe('a remote key set', () => {
  it('is fetched once for many, and again for a kid that is new, but not for every stranger', async () => {
    let keys = SET;
    let nowMs = NOW_MS;
    const { http, state } = server(() => keys);
    const policy = build({ http, now: () => nowMs });
    const authorization = `Bearer ${await token()}`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(policy, authorization)));
    expect([answers.every(({ status }) => status === 200), state.calls]).toEqual([true, 1]);
    const rotated = `Bearer ${await token({}, { kid: 'new', key: other.privateKey })}`;
    for (let at = 0; at < 20; at++) expect((await send(policy, rotated)).status).toBe(401);
    expect(state.calls).toBe(1);
    keys = setOf(jwk(other.publicKey, 'new'));
    nowMs += 10_000;
    expect([(await send(policy, rotated)).status, state.calls]).toEqual([200, 2]);
    // The old key is gone from the set: what it signed is refused, although it was seen before.
    expect((await send(policy, authorization)).status).toBe(401);
  });

  it('a refresh blocks nobody, and its failure changes nothing', async () => {
    let nowMs = NOW_MS;
    let hangs = (): Promise<string> => Promise.resolve(SET);
    const { http, state } = server(() => hangs());
    const policy = build({ http, now: () => nowMs });
    await send(policy, `Bearer ${await token({ exp: NOW + 9000 })}`);
    nowMs += 301_000;
    hangs = () => new Promise(() => undefined);
    const fresh = `Bearer ${await token({ exp: NOW + 9000, jti: randomUUID() })}`;
    expect([(await send(policy, fresh)).status, state.calls]).toEqual([200, 2]);

    const failing = server(() => (nowMs > NOW_MS + 1_000_000 ? Promise.reject(new Error('down')) : SET));
    const survivor = build({ http: failing.http, now: () => nowMs });
    const lasting = `Bearer ${await token({ exp: NOW + 9000 })}`;
    expect((await send(survivor, lasting)).status).toBe(200);
    nowMs = NOW_MS + 2_000_000;
    expect((await send(survivor, lasting)).status).toBe(200);
    expect((await send(survivor, lasting)).status).toBe(200);
  });

  it.each([
    ['garbage', '<html>'],
    ['another shape', '{"keys":{}}'],
    [
      'no usable key',
      setOf(
        { kty: 'oct', k: 'AAAA', kid: 'rsa' },
        { kty: 'RSA', kid: 'rsa' },
        { kty: 'EC', crv: 'P-256', x: 'a', y: 'b', kid: 'ec' },
      ),
    ],
    ['keys without kid', setOf(rsa.publicKey.export({ format: 'jwk' }))],
    ['keys for encryption', setOf(jwk(rsa.publicKey, 'rsa', { use: 'enc' }))],
    ['a key for another algorithm', setOf(jwk(rsa.publicKey, 'rsa', { alg: 'PS256' }))],
    ['more keys than fit', JSON.stringify({ keys: Array.from({ length: 201 }, () => jwk(rsa.publicKey, 'rsa')) })],
  ])('with %s lets nobody in', async (_what, keys) => {
    expect((await send(build({ http: server(() => keys).http }), `Bearer ${await token()}`)).status).toBe(401);
  });
});

it.each([
  { issuer: 'x' },
  { audiences: [''] },
  { claims: { allOf: [{ claim: 'a', values: [] }] } },
  { claimMappings: { a: 'content-length' } },
  { headerName: 'a b' },
])('refuses %j', (params) => {
  expect(jwtAuth.params.safeParse(params).success).toBe(false);
});

import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import type { AuthContext } from '@tidegate/policy-sdk';
import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { backendJwt } from './definition.ts';
import { backendJwtRuntime } from './runtime.ts';

const NOW_MS = 1_763_769_610_000;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = ({ privateKey }: { privateKey: KeyObject }) => privateKey.export({ format: 'pem', type: 'pkcs8' });
const ANN: AuthContext = { type: 'jwt', subject: 'ann', properties: { tokenId: 't1', scopes: 'a b' }, previous: null };

function setUp(params: object = {}, settings: object = {}) {
  const clock = { nowMs: NOW_MS };
  const all = { signingKey: { inline: pem(rsa) }, issuer: 'https://gw', ...settings };
  const readFile = (path: string) => {
    if (path !== '/key.pem') throw new Error('no such file');
    return String(pem(rsa));
  };
  const context = sampleContext({ settings: all, now: () => clock.nowMs, readFile });
  const policy = backendJwtRuntime.build(backendJwt.params.parse(params), context);
  const send = (auth: AuthContext | null = ANN, claims?: object) => {
    const exchange = sampleExchange({ auth, headers: { 'x-jwt-assertion': 'forged' } });
    if (claims !== undefined) exchange.metadata.set('auth.claims', claims);
    expect(policy.requestHeaders?.(exchange)).toBeUndefined();
    return exchange;
  };
  const token = (claims?: object) => send(ANN, claims).upstreamHeaders.get('x-jwt-assertion') ?? '';
  return { clock, send, token };
}

const read = async (token: string, key = rsa.publicKey) =>
  (await jwtVerify(token, key, { currentDate: new Date(NOW_MS), issuer: 'https://gw' })).payload;

describe('the token', () => {
  it('is signed with a key from a file, too', async () => {
    expect((await read(setUp({}, { signingKey: { path: '/key.pem' } }).token())).sub).toBe('ann');
  });

  it('says who called, and what the caller’s token said', async () => {
    const { token } = setUp({ claimMappings: { email: 'mail' }, customClaims: { tier: 'gold' } });
    const claims = {
      iss: 'https://idp',
      sub: 'x',
      exp: 1,
      nbf: 1,
      jti: 'j',
      aud: 'pets',
      email: 'a@b',
      tier: 'lead',
      auth_type: 'root',
    };
    expect(await read(token(claims))).toEqual({
      aud: 'pets',
      mail: 'a@b',
      tier: 'gold',
      auth_type: 'jwt',
      scope: 'a b',
      iss: 'https://gw',
      sub: 'ann',
      credential_id: 't1',
      iat: NOW_MS / 1000,
      exp: NOW_MS / 1000 + 900,
    });
  });

  it.each([
    ['RS256', rsa],
    ['RS384', rsa],
    ['RS512', rsa],
    ['SHA256withRSA', rsa],
    ['ES256', ec],
  ] as const)('is signed with %s', async (algorithm, pair) => {
    const { token } = setUp({}, { algorithm, signingKey: { inline: pem(pair) } });
    expect(await read(token(), pair.publicKey)).toMatchObject({ sub: 'ann' });
  });

  it('is used again for the same caller until half of its life is over', () => {
    const { token, clock } = setUp();
    const first = token();
    clock.nowMs += 449_000;
    expect([token() === first, token({ other: 1 }) === first]).toEqual([true, false]);
    clock.nowMs += 1000;
    expect(token()).not.toBe(first);
  });

  it('is not sent when it is too long: the request fails', () => {
    expect(() => setUp().token({ much: 'x'.repeat(8000) })).toThrow('longer than');
  });
});

it('names the credential: the key, the token, or its client', async () => {
  const { send } = setUp();
  const credential = async (auth: Partial<AuthContext>) =>
    (await read(send({ ...ANN, ...auth }).upstreamHeaders.get('x-jwt-assertion') ?? ''))['credential_id'];
  expect(await credential({ type: 'apikey', subject: 'key-1', properties: {} })).toBe('key-1');
  expect(await credential({ type: 'opaque', properties: { clientId: 'app' } })).toBe('app');
  expect(await credential({ type: 'basic', properties: {} })).toBe('');
});

it('a request that nobody has authenticated goes on without what the client wrote there', () => {
  const exchange = setUp().send(null);
  expect([exchange.removedHeaders, exchange.upstreamHeaders.size]).toEqual([['x-jwt-assertion'], 0]);
});

it.each([
  { algorithm: 'NONE' },
  { algorithm: 'constructor' },
  { algorithm: 'ES256' },
  { signingKey: { inline: pem(weak) } },
  { signingKey: { inline: 'no key' } },
  { signingKey: { path: '/nowhere.pem' } },
])('an API is not built with %#', (settings) => {
  expect(() => setUp({}, settings)).toThrow();
});

it.each([
  { customClaims: { sub: 'root' } },
  { claimMappings: { a: 'iss' } },
  { customClaims: { a: '$ctx:b' } },
  { header: 'te' },
])('refuses %j', (params) => {
  expect(backendJwt.params.safeParse(params).success).toBe(false);
});

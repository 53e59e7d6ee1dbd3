import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, exportSPKI, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { settingsOf } from '../config.ts';
import { bearerCheck, bearerToken, rolesFrom } from './bearer-tokens.ts';

const ours = await generateKeyPair('RS256');
const theirs = await generateKeyPair('RS256');
const jwk = { ...(await exportJWK(ours.publicKey)), kid: 'k1', use: 'sig' };
const nowSeconds = Math.floor(Date.now() / 1000);

let server: Server;
let url: string;
let answer: { status: number; body: string };
let fetched: number;

beforeAll(async () => {
  server = createServer((_request, response) => {
    fetched += 1;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

/** A check of a provider that serves our key, with its failures */
function provider(settings: Record<string, unknown> = {}) {
  answer = { status: 200, body: JSON.stringify({ keys: [jwk] }) };
  fetched = 0;
  const failures: string[] = [];
  const { idp } = settingsOf({
    controller: { auth: { idp: { enabled: true, jwks_url: url, issuer: 'https://idp', ...settings } } },
  }).controller.auth;
  return { check: bearerCheck(idp, (reason) => failures.push(reason)), failures };
}

const CLAIMS: JWTPayload = { iss: 'https://idp', sub: 'ann', aud: 'tidegate', roles: ['developer'], exp: nowSeconds + 300 };

function sign(claims: JWTPayload = CLAIMS, header: Partial<JWTHeaderParameters> = {}, key = ours.privateKey): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(key);
}

const without = (name: string): JWTPayload => Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name));

it('takes a token of the provider, and fetches its keys once', async () => {
  const { check } = provider({ audience: ['other', 'tidegate'] });
  expect(await check(await sign())).toEqual({ id: 'ann', roles: ['developer'] });
  expect(await check(await sign({ ...CLAIMS, exp: nowSeconds - 30 }))).toMatchObject({ id: 'ann' }); // within the leeway
  expect(fetched).toBe(1);
});

describe('refuses a token', async () => {
  const hmac = new TextEncoder().encode(await exportSPKI(ours.publicKey));
  const cases: readonly [string, string][] = [
    ['of another issuer', await sign({ ...CLAIMS, iss: 'https://idp/' })],
    ['for another audience', await sign({ ...CLAIMS, aud: 'x' })],
    ['that has expired', await sign({ ...CLAIMS, exp: nowSeconds - 90 })],
    ['that is not valid yet', await sign({ ...CLAIMS, nbf: nowSeconds + 90 })],
    ['that never expires', await sign(without('exp'))],
    ['of nobody', await sign(without('sub'))],
    ['of an empty name', await sign({ ...CLAIMS, sub: '' })],
    ['signed by another key', await sign(CLAIMS, {}, theirs.privateKey)],
    ['with an unknown key id', await sign(CLAIMS, { kid: '../../k1' })],
    ['without a signature', new UnsecuredJWT(CLAIMS).encode()],
    [
      'whose HMAC was made with the public key',
      await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(hmac),
    ],
    ['that is too long', await sign({ ...CLAIMS, padding: 'x'.repeat(16_384) })],
    ['that is none', 'abc.def.ghi'],
  ];
  it.each(cases)('%s', async (_what, token) => {
    const { check } = provider({ audience: ['tidegate'] });
    expect(await check(token)).toBeNull();
  });
});

it('lets nobody in while the key set was never fetched, and says why', async () => {
  const { check, failures } = provider();
  answer = { status: 500, body: '' };
  await expect(check(await sign())).rejects.toMatchObject({ status: 503, code: 'identity_provider_unavailable' });
  expect(failures).toHaveLength(1);
  answer = { status: 200, body: 'no json' };
  await expect(check(await sign())).rejects.toMatchObject({ status: 503 });
  answer = { status: 200, body: JSON.stringify({ keys: [jwk] }) };
  expect(await check(await sign())).toMatchObject({ id: 'ann' });
});

it('goes on with the keys it has when the provider goes away', async () => {
  const { check } = provider();
  expect(await check(await sign())).toMatchObject({ id: 'ann' });
  answer = { status: 503, body: '' };
  expect(await check(await sign())).toMatchObject({ id: 'ann' });
});

it('finds roles at a path into the token', async () => {
  const { check } = provider({ roles_claim: 'realm_access.roles', role_mapping: { admin: ['boss'], viewer: ['*'] } });
  expect(await check(await sign({ ...CLAIMS, realm_access: { roles: ['boss', 'developer'] } }))).toEqual({
    id: 'ann',
    roles: ['admin', 'viewer'],
  });
});

it.each([
  [['admin', 'x'], {}, ['admin']],
  ['developer consumer', {}, ['developer', 'consumer']],
  ['admin', { developer: ['team'] }, []], // with a mapping, a name of ours gives nothing by itself
  [['team'], { developer: ['team'] }, ['developer']],
  [undefined, { viewer: ['*'] }, ['viewer']],
  [undefined, {}, []],
  [7, {}, []],
  [{ admin: true }, {}, []],
] as const)('reads roles from %j with %j', (claim, mapping, roles) => {
  expect(rolesFrom(claim, Object.fromEntries(Object.entries(mapping).map(([role, values]) => [role, [...values]])))).toEqual(
    roles,
  );
});

it.each([
  ['Bearer a.b.c', 'a.b.c'],
  ['bearer  a.b-_~+/c== ', 'a.b-_~+/c=='],
  ['Bearer', null],
  ['Bearer a b', null],
  ['Basic a.b.c', null],
] as const)('finds the token in %j', (header, token) => {
  expect(bearerToken(header)).toBe(token);
});

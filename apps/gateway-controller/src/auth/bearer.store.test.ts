import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

const { publicKey, privateKey } = await generateKeyPair('ES256');
let server: Server;
let under: ControllerUnderTest;

beforeAll(async () => {
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1' }] });
  server = createServer((_request, response) => response.end(keys));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const jwks_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  under = await controllerUnderTest({ idp: { enabled: true, jwks_url, issuer: 'https://idp' } });
});

afterAll(async () => {
  await under.close();
  server.close();
});

async function bearer(roles: readonly string[], issuer = 'https://idp') {
  const token = await new SignJWT({ roles: [...roles] })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setIssuer(issuer)
    .setSubject('ci-pipeline')
    .setExpirationTime('5m')
    .sign(privateKey);
  return { as: null, headers: { authorization: `Bearer ${token}` } };
}

it('knows who asks by an access token, and what they may', async () => {
  const developer = await bearer(['developer']);
  expect((await under.call('/session', developer)).body.user).toEqual({ id: 'ci-pipeline', roles: ['developer'] });
  expect((await under.call('/rest-apis', { ...developer, method: 'POST', body: sampleApi('Bearer') })).status).toBe(201);
  expect((await under.call('/rest-apis', await bearer(['nobody']))).status).toBe(403);
});

it('answers 401 to a token that says nothing, and Basic goes on working', async () => {
  const refused = await under.call('/rest-apis', await bearer(['admin'], 'https://elsewhere'));
  expect(refused).toMatchObject({ status: 401, body: { code: 'authentication_failed' } });
  // what `fetch` sends is a page's request: no challenge that would open a browser's password dialog
  expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="tidegate"');
  expect((await under.call('/rest-apis')).status).toBe(200);
});

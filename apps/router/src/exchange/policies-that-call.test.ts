import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

import { policyRuntimes } from '@tidegate/policies/runtimes';
import { afterEach, expect, test } from 'vitest';

import { createHttpCalls } from '../policy-host/http-calls.ts';
import { sampleApi, trafficKit } from '../testing/traffic-kit.ts';

/** Policies that ask other servers, whatever those do: the documented answer, never a crash, never a pass. */

const kit = trafficKit();
afterEach(kit.close);

/** What a server does with a connection on which something was asked. */
type Misbehaviour = (write: (text: string) => void, close: () => void) => void;

const head = (length: number): string => `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
const whole =
  (text: string): Misbehaviour =>
  (write) =>
    write(`${head(Buffer.byteLength(text))}${text}`);

const MISBEHAVIOURS: readonly (readonly [string, Misbehaviour])[] = [
  ['hangs', () => undefined],
  ['hangs in the middle', (write) => write(`${head(100)}{"keys":`)],
  ['closes', (_write, close) => close()],
  ['closes in the middle', (write, close) => (write(`${head(100)}{`), close())],
  ['grows', (write) => write(`${head(3_000_000)}"${'x'.repeat(2_999_998)}"`)],
  ['is no HTTP', (write) => write('hello\r\n\r\n')],
  ['answers something else', whole('<html>login</html>')],
  ['answers null', whole('null')],
  ['answers what is deep', whole('['.repeat(100_000))],
  ['fails', (write) => write('HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}')],
  ['points elsewhere', (write) => write('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n')],
];

async function misbehaving(how: Misbehaviour): Promise<string> {
  const server = await kit.tcp((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () =>
      how(
        (text) => socket.write(text),
        () => socket.destroySoon(),
      ),
    );
  });
  return `http://127.0.0.1:${server.port}`;
}

async function serve(policy: string, params: object, settings: Record<string, Record<string, unknown>> = {}) {
  const policies = [{ name: policy, paramsJson: JSON.stringify(params) }];
  const backend = await kit.upstream();
  const http = createHttpCalls('');
  kit.later(async () => http.close());
  const router = await kit.traffic({
    entries: [sampleApi(backend.port, { policies })],
    runtimes: policyRuntimes,
    policyHost: { http, settings },
  });
  return { backend, url: `${router.url}/w/v1.0/items` };
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
function token(key: KeyObject): string {
  const claims = `${encoded({ alg: 'RS256', kid: 'k' })}.${encoded({ iss: 'idp', sub: 'ann', exp: Math.floor(Date.now() / 1000) + 600 })}`;
  return `${claims}.${sign('sha256', Buffer.from(claims), key).toString('base64url')}`;
}

test.each(MISBEHAVIOURS)('a key server that %s: 401', async (_what, how) => {
  const jwks = { remote: { uri: await misbehaving(how) } };
  const settings = { jwtauth_v1: { keymanagers: [{ name: 'idp', issuer: 'idp', jwks }], jwksfetchtimeout: '150ms' } };
  const { backend, url } = await serve('jwt-auth', {}, settings);
  for (let at = 0; at < 3; at++) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token(rsa.privateKey)}` } });
    expect([response.status, await response.text()]).toEqual([401, '{"error":"Unauthorized","message":"Authentication failed"}']);
  }
  expect(backend.requests).toEqual([]);
});

test('a key server that works lets the right token pass', async () => {
  const keys = [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'k' }];
  const jwks = { remote: { uri: await misbehaving(whole(JSON.stringify({ keys }))) } };
  const { url } = await serve('jwt-auth', {}, { jwtauth_v1: { keymanagers: [{ name: 'idp', issuer: 'idp', jwks }] } });
  expect((await fetch(url, { headers: { authorization: `Bearer ${token(rsa.privateKey)}` } })).status).toBe(200);
});

test.each(MISBEHAVIOURS)('an introspection server that %s: 401', async (_what, how) => {
  const introspection = { uri: await misbehaving(how), clientid: 'c', clientsecret: 's' };
  const settings = {
    opaquetokenauth_v1: { introspectionproviders: [{ name: 'p', introspection }], introspectiontimeout: '150ms' },
  };
  const { backend, url } = await serve('opaque-token-auth', {}, settings);
  const response = await fetch(url, { headers: { authorization: 'Bearer abc' } });
  expect(response.status).toBe(401);
  await response.arrayBuffer();
  expect(backend.requests).toEqual([]);
});

test.each(MISBEHAVIOURS)('an interceptor that %s: 500, before and after the upstream', async (_what, how) => {
  const endpoint = await misbehaving(how);
  for (const side of [{ request: {} }, { response: {} }]) {
    const { backend, url } = await serve('interceptor-service', { endpoint, timeoutMillis: 150, ...side });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
    if ('request' in side) expect(backend.requests).toEqual([]);
  }
});

import type { HttpCall, Policy } from '@tidegate/policy-sdk';
import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { opaqueTokenAuth } from './definition.ts';
import { opaqueTokenAuthRuntime } from './runtime.ts';

const NOW_MS = 1_763_769_610_000;
const NOW = NOW_MS / 1000;
const ACTIVE = { active: true, sub: 'ann', client_id: 'app', scope: 'a b', aud: ['pets'], exp: NOW + 600 };

interface Setup {
  readonly params?: object;
  readonly settings?: object;
  readonly introspection?: object;
  readonly provider?: object;
  /** Of the provider: a text, an object, or what is thrown */
  readonly says?: unknown;
  readonly status?: number;
}

function setUp({ params = {}, settings = {}, introspection = {}, provider = {}, says = ACTIVE, status = 200 }: Setup = {}) {
  const calls: HttpCall[] = [];
  const warnings: object[] = [];
  const clock = { nowMs: NOW_MS };
  const idp = { name: 'idp', introspection: { uri: 'https://idp.example.com/introspect', ...introspection }, ...provider };
  const context = sampleContext({
    settings: { introspectionProviders: [idp], ...settings },
    now: () => clock.nowMs,
    log: (_level, fields) => void warnings.push(fields),
    http: {
      async send(call) {
        calls.push(call);
        if (says instanceof Error) throw says;
        const body = Buffer.from(typeof says === 'string' ? says : JSON.stringify(says));
        return { status, header: () => undefined, body };
      },
    },
  });
  return { policy: opaqueTokenAuthRuntime.build(opaqueTokenAuth.params.parse(params), context), calls, warnings, clock };
}

async function send(policy: Policy, authorization: string | undefined = 'Bearer t0ken') {
  const exchange = sampleExchange({ headers: authorization === '' ? {} : { authorization } });
  const verdict = await policy.requestHeaders?.(exchange);
  return { status: verdict?.status ?? 200, verdict, exchange };
}

describe('an active token', () => {
  it('passes; the upstream gets it under another name', async () => {
    const { policy, calls } = setUp();
    const { status, exchange } = await send(policy);
    expect(status).toBe(200);
    expect(exchange.auth).toEqual({
      type: 'opaque',
      subject: 'ann',
      properties: { issuer: '', clientId: 'app', scopes: 'a b' },
      previous: null,
    });
    expect(exchange.removedHeaders).toEqual(['authorization']);
    expect(Object.fromEntries(exchange.upstreamHeaders)).toEqual({ 'x-forwarded-authorization': 'Bearer t0ken' });
    expect(calls).toMatchObject([{ method: 'POST', body: 'token=t0ken', timeoutMs: 5000, tls: { skipVerify: false } }]);
  });

  it('is not passed on when told so', async () => {
    const { exchange } = await send(setUp({ params: { forwardToken: false } }).policy);
    expect([exchange.removedHeaders, exchange.upstreamHeaders.size]).toEqual([['authorization', 'x-forwarded-authorization'], 0]);
  });

  it('is asked for once while it is remembered, by any number of requests, and never past its end', async () => {
    const { policy, calls, clock } = setUp({ says: { ...ACTIVE, exp: NOW + 30 } });
    await Promise.all([send(policy), send(policy)]);
    await send(policy);
    expect(calls).toHaveLength(1);
    clock.nowMs += 30_000;
    expect([(await send(policy)).status, calls.length]).toEqual([401, 2]);
  });

  it('is forgotten after its time, and when there are too many', async () => {
    const { policy, calls, clock } = setUp({ settings: { cacheMaxSize: 1 } });
    for (const token of ['a', 'b', 'b', 'a']) await send(policy, `Bearer ${token}`);
    expect(calls.map(({ body }) => body)).toEqual(['token=a', 'token=b', 'token=a']);
    clock.nowMs += 60_000;
    await send(policy, 'Bearer a');
    expect(calls).toHaveLength(4);
  });
});

describe('how the provider is asked', () => {
  const CLIENT = { clientId: 'a b', clientSecret: 'c:d&' };
  it.each([
    [{ ...CLIENT }, `Basic ${Buffer.from('a+b:c%3Ad%26').toString('base64')}`, 'token=t0ken'],
    [{ ...CLIENT, authStyle: 'post' }, undefined, 'token=t0ken&client_id=a+b&client_secret=c%3Ad%26'],
    [{ ...CLIENT, bearerToken: 'x' }, 'Bearer x', 'token=t0ken'],
    [{ tokenTypeHint: 'access_token' }, undefined, 'token=t0ken&token_type_hint=access_token'],
  ])('%j', async (introspection, authorization, body) => {
    const { policy, calls } = setUp({ introspection });
    await send(policy);
    expect([calls[0]?.headers['authorization'], calls[0]?.body]).toEqual([authorization, body]);
  });

  it('only for tokens that look like its own', async () => {
    const { policy, calls } = setUp({ provider: { tokenPattern: '^idp_' } });
    expect([(await send(policy)).status, calls.length]).toEqual([401, 0]);
    expect([(await send(policy, 'Bearer idp_1')).status, calls.length]).toEqual([200, 1]);
  });
});

describe('what does not pass', () => {
  it('is refused with one and the same answer', async () => {
    const { verdict } = await send(setUp().policy, '');
    expect(verdict).toEqual({
      status: 401,
      headers: [
        ['content-type', 'application/json'],
        ['www-authenticate', 'Bearer'],
      ],
      body: '{"error":"Unauthorized","message":"Authentication failed"}',
    });
    const plain = await send(setUp({ settings: { errorMessageFormat: 'plain', onFailureStatusCode: 403 } }).policy, '');
    expect(plain.verdict).toMatchObject({ status: 403, body: 'Authentication failed' });
    const minimal = (await send(setUp({ settings: { errorMessageFormat: 'minimal' } }).policy, '')).verdict;
    expect([minimal?.body, minimal?.headers[0]]).toEqual(['Unauthorized', ['content-type', 'text/plain']]);
  });

  it.each([
    't0ken',
    'Basic t0ken',
    'Bearert0ken',
    'Bearer ',
    'Bearer a b',
    'Bearer a,b',
    'Bearer é',
    `Bearer ${'a'.repeat(9000)}`,
  ])('header %#: nobody is asked', async (authorization) => {
    const { policy, calls } = setUp();
    expect([(await send(policy, authorization)).status, calls.length]).toEqual([401, 0]);
  });

  it.each([
    ['inactive', { says: { active: false } }],
    ['active in words only', { says: { ...ACTIVE, active: 'true' } }],
    ['expired', { says: { ...ACTIVE, exp: NOW } }],
    ['an end that is no number', { says: { ...ACTIVE, exp: 'never' } }],
    ['not yet valid', { says: { ...ACTIVE, nbf: NOW + 1 } }],
    ['of another issuer', { says: { ...ACTIVE, iss: 'https://b' }, provider: { issuer: 'https://a' } }],
    ['for another audience', { params: { audiences: ['dogs'] } }],
    ['without the scope', { params: { requiredScopes: ['c'] } }],
    ['without the claim', { params: { requiredClaims: { client_id: 'other' } } }],
    ['no JSON', { says: '<html>' }],
    ['no object', { says: '[]' }],
    ['another status', { status: 401 }],
    ['no answer', { says: new Error('no answer within 5000 ms') }],
  ] satisfies [string, Setup][])('%s', async (_what, setup: Setup) => {
    expect((await send(setUp(setup).policy)).status).toBe(401);
  });

  it('an inactive token is remembered, a failure is not; failures are told once, without the token', async () => {
    const inactive = setUp({ says: { active: false } });
    const down = setUp({ says: new Error('ECONNREFUSED') });
    for (const { policy } of [inactive, inactive, down, down]) await send(policy);
    expect([inactive.calls.length, down.calls.length]).toEqual([1, 2]);
    expect(down.warnings).toEqual([{ provider: 'idp', reason: 'ECONNREFUSED' }]);
  });
});

it('an API whose tokens nobody could vouch for is not built', () => {
  expect(() => setUp({ params: { issuers: ['other'] } })).toThrow('no introspection provider');
  expect(() => setUp({ provider: { tokenPattern: '(?=a)' } })).toThrow();
});

it.each([{ issuer: 'x' }, { audiences: [''] }, { headerName: 'content-length' }, { requiredClaims: { a: 1 } }])(
  'refuses %j',
  (params) => {
    expect(opaqueTokenAuth.params.safeParse(params).success).toBe(false);
  },
);

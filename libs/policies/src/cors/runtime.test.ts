import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { cors } from './definition.ts';
import { corsRuntime } from './runtime.ts';

const APP = 'https://app.example.com';

function build(params: object) {
  return corsRuntime.build(cors.params.parse({ allowedOrigins: [APP], ...params }), sampleContext());
}

async function preflight(params: object, headers: Record<string, string>) {
  const answer = await build(params).requestHeaders?.(sampleExchange({ method: 'OPTIONS', headers }));
  return answer === undefined ? 'forwarded' : { status: answer.status, ...Object.fromEntries(answer.headers) };
}

const asks = (more: Record<string, string> = {}) => ({ origin: APP, 'access-control-request-method': 'PUT', ...more });

describe('a preflight', () => {
  it('is answered with what is allowed', async () => {
    const params = { allowedHeaders: ['X-Trace', 'Content-Type'], maxAge: 600, allowCredentials: true, exposedHeaders: ['X-A'] };
    expect(await preflight(params, asks({ 'access-control-request-headers': 'content-type, x-trace' }))).toEqual({
      status: 204,
      'access-control-allow-origin': APP,
      vary: 'Origin',
      'access-control-allow-methods': 'GET,POST,PUT,DELETE,OPTIONS',
      'access-control-allow-headers': 'Content-Type,X-Trace',
      'access-control-max-age': '600',
      'access-control-allow-credentials': 'true',
    });
    expect(
      await preflight(
        { allowedOrigins: ['*'], allowedMethods: ['*'], allowedHeaders: ['*'] },
        { 'access-control-request-headers': 'X-Any' },
      ),
    ).toEqual({
      status: 204,
      'access-control-allow-origin': '*',
      'access-control-allow-methods': '*',
      'access-control-allow-headers': 'X-Any',
    });
  });

  it.each([
    ['origin', { origin: 'https://evil.example.com' }],
    ['method', { 'access-control-request-method': 'PATCH' }],
    ['method in another case', { 'access-control-request-method': 'put' }],
    ['header', { 'access-control-request-headers': 'x-other' }],
  ])('that asks for a wrong %s gets 204 and nothing else, or goes upstream', async (_what, headers) => {
    expect(await preflight({}, asks(headers))).toEqual({ status: 204 });
    expect(await preflight({ forwardPreflight: true }, asks(headers))).toBe('forwarded');
  });

  it('without origin or method is refused too', async () => {
    expect(await preflight({}, {})).toEqual({ status: 204 });
    expect(await preflight({}, { origin: APP })).toEqual({ status: 204 });
  });
});

describe('an origin', () => {
  it.each([
    ['https://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://a.b.example.com', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'https://.example.com', false],
    ['https://*.example.com', 'http://a.example.com', false],
    ['https://*.example.com', 'https://a.example.com:8443', false],
    ['https://*.example.com:8443', 'https://a.example.com:8443', true],
    ['https://*.example.com', 'https://evil.com/.example.com', false],
    ['https://*.example.com', 'https://aexample.com', false],
    [APP, 'https://app.example.com', true],
    [APP, 'https://appXexample.com', false],
    [APP, 'https://app.example.com.evil.com', false],
    ['null', 'null', true],
  ])('%s lets %s pass: %s', async (allowed, origin, passes) => {
    const answer = await preflight({ allowedOrigins: [allowed] }, asks({ origin }));
    expect(typeof answer === 'object' && 'access-control-allow-origin' in answer).toBe(passes);
  });
});

describe('an answer', () => {
  const answered = (params: object, headers: Record<string, string>, answer: Record<string, string> = {}) => {
    const exchange = sampleExchange({ headers, answer });
    void build(params).responseHeaders?.(exchange);
    return Object.fromEntries(exchange.answerHeaders);
  };

  it('may be read by pages of an allowed origin', () => {
    const params = { exposedHeaders: ['X-A', 'X-B'], allowCredentials: false };
    expect(answered(params, { origin: APP }, { 'access-control-allow-origin': '*', vary: 'Accept' })).toEqual({
      'access-control-allow-origin': APP,
      'access-control-expose-headers': 'X-A,X-B',
      'access-control-allow-credentials': 'false',
      vary: 'Accept, Origin',
    });
    expect(answered({ allowedOrigins: ['*'] }, {})).toEqual({ 'access-control-allow-origin': '*' });
  });

  it('loses what the upstream said when the origin is not allowed, and is left alone without one', () => {
    const theirs = {
      'access-control-allow-origin': '*',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x',
    };
    expect(answered({}, { origin: 'https://evil.example.com' }, theirs)).toEqual({ vary: 'Origin' });
    expect(answered({}, {}, theirs)).toEqual(theirs);
  });

  it('that the gateway makes says so too', () => {
    const exchange = sampleExchange({ headers: { origin: APP } });
    build({}).immediate?.(exchange);
    expect(Object.fromEntries(exchange.answerHeaders)).toEqual({ 'access-control-allow-origin': APP, vary: 'Origin' });
    const stranger = sampleExchange({ headers: { origin: 'https://evil.example.com' } });
    build({}).immediate?.(stranger);
    expect(Object.fromEntries(stranger.answerHeaders)).toEqual({ vary: 'Origin' });
  });
});

it.each([
  {},
  { allowedOrigins: [] },
  { allowedOrigins: ['https://a.example.com/'] },
  { allowedOrigins: ['.*example.com'] },
  { allowedOrigins: ['https://a.*.com'] },
  { allowedOrigins: ['https://a\r\nb'] },
  { allowedOrigins: ['*'], allowCredentials: true },
  { allowedOrigins: [APP], allowedMethods: ['*'], allowCredentials: true },
  { allowedOrigins: [APP], maxAge: 86_401 },
  { allowedOrigins: [APP], allowedHeaders: ['a b'] },
  { allowedOrigins: [APP], origins: [] },
])('refuses %j', (params) => {
  expect(cors.params.safeParse(params).success).toBe(false);
});

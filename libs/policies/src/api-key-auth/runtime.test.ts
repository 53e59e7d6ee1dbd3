import type { ApiKeyRecord } from '@tidegate/policy-sdk';
import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange, sampleKey } from '../sample-exchange.ts';
import { apiKeyAuth, type ApiKeyAuthParams } from './definition.ts';
import { apiKeyAuthRuntime } from './runtime.ts';

const REFUSED = {
  status: 401,
  headers: [['content-type', 'application/json']],
  body: '{"error":"Unauthorized","message":"Valid API key required"}',
};

function build(
  params: ApiKeyAuthParams,
  { key = sampleKey(), settings = {} }: { key?: ApiKeyRecord; settings?: Record<string, unknown> } = {},
) {
  const keys = { find: (apiId: string, presented: string) => (apiId === 'api-1' && presented === 'secret' ? key : null) };
  const { requestHeaders } = apiKeyAuthRuntime.build(params, sampleContext({ keys, settings }));
  if (requestHeaders === undefined) throw new Error('takes no part');
  return requestHeaders;
}

describe('api-key-auth', () => {
  it('lets a live key pass, keeps it from the upstream, and says who called', () => {
    const exchange = sampleExchange({ headers: { 'x-api-key': ' secret ' } });
    expect(build({ key: 'X-API-Key', in: 'header' })(exchange)).toBeUndefined();
    expect(exchange.removedHeaders).toEqual(['x-api-key']);
    expect(exchange.auth).toMatchObject({
      type: 'apikey',
      subject: 'key-1',
      previous: null,
      properties: { keyName: 'test-key' },
    });
  });

  it('reads the query', () => {
    const exchange = sampleExchange({ query: { api_key: 'secret' } });
    expect(build({ key: 'api_key', in: 'query' })(exchange)).toBeUndefined();
    expect(exchange.removedQueryParameters).toEqual(['api_key']);
    expect(exchange.removedHeaders).toEqual([]);
  });

  it.each([
    {},
    { 'x-api-key': '' },
    { 'x-api-key': '   ' },
    { 'x-api-key': 'other' },
    { 'x-api-key': 'secret, secret' },
    { authorization: 'secret' },
  ])('refuses %j with one and the same answer', (headers) => {
    const exchange = sampleExchange({ headers });
    expect(build({ key: 'X-API-Key', in: 'header' })(exchange)).toEqual(REFUSED);
    expect(exchange.auth).toBeNull();
    expect(exchange.removedHeaders).toEqual([]);
  });

  it('wants the prefix, in any case', () => {
    const policy = build({ key: 'Authorization', in: 'header', valuePrefix: 'Bearer ' });
    expect(policy(sampleExchange({ headers: { authorization: 'bearer secret' } }))).toBeUndefined();
    expect(policy(sampleExchange({ headers: { authorization: 'secret' } }))).toEqual(REFUSED);
    expect(policy(sampleExchange({ headers: { authorization: 'Bearer ' } }))).toEqual(REFUSED);
  });

  it('accepts only keys of the configured issuer', () => {
    const params: ApiKeyAuthParams = { key: 'k', in: 'header' };
    const exchange = () => sampleExchange({ headers: { k: 'secret' } });
    const settings = { issuer: 'portal' };
    expect(build(params, { settings })(exchange())).toEqual(REFUSED);
    expect(build(params, { settings, key: sampleKey({ issuer: 'portal' }) })(exchange())).toBeUndefined();
  });

  it('chains what an earlier policy found, and tells subscriptions the application', () => {
    const previous = { type: 'jwt', subject: 'alice', properties: {}, previous: null };
    const exchange = sampleExchange({ headers: { k: 'secret' }, auth: previous });
    void build({ key: 'k', in: 'header' }, { key: sampleKey({ applicationId: 'app-1' }) })(exchange);
    expect(exchange.auth?.previous).toBe(previous);
    expect(exchange.metadata.get('x-wso2-application-id')).toBe('app-1');
  });

  it('takes no other parameters', () => {
    expect(apiKeyAuth.params.safeParse({ key: 'k', in: 'header', extra: 1 }).success).toBe(false);
    expect(apiKeyAuth.params.safeParse({ key: 'two words', in: 'header' }).success).toBe(false);
    expect(apiKeyAuth.params.safeParse({ key: 'k'.repeat(129), in: 'query' }).success).toBe(false);
    expect(apiKeyAuth.params.safeParse({ key: 'k', in: 'cookie' }).success).toBe(false);
  });
});

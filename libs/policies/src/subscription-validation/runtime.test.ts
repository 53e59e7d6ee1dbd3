import type { SubscriptionRecord, Subscriptions } from '@tidegate/policy-sdk';
import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { subscriptionValidation } from './definition.ts';
import { subscriptionValidationRuntime } from './runtime.ts';

/** 10 s into a minute */
const NOW_MS = 1_763_769_610_000;

function record(changes: Partial<SubscriptionRecord> = {}): SubscriptionRecord {
  return {
    id: 's-1',
    apiId: 'api-1',
    applicationId: '',
    planName: 'Gold',
    quota: null,
    expiresAtMs: 0,
    billingCustomerId: '',
    billingSubscriptionId: 'b-1',
    ...changes,
  };
}

const quota = (count: number, stops = true) => ({ count, unit: 'Min', windowMs: 60_000, stops });

function build(params: object = {}, known: Readonly<Record<string, SubscriptionRecord>> = { token: record() }) {
  const clock = { nowMs: NOW_MS };
  const subscriptions: Subscriptions = {
    findByToken: (apiId, token) => (apiId === 'api-1' ? (known[token] ?? null) : null),
    findByApplication: (apiId, application) => (apiId === 'api-1' ? (known[`app:${application}`] ?? null) : null),
  };
  const policy = subscriptionValidationRuntime.build(
    subscriptionValidation.params.parse(params),
    sampleContext({ subscriptions, now: () => clock.nowMs }),
  );
  const ask = (headers: Record<string, string>, application = '') => {
    const exchange = sampleExchange({ headers });
    if (application !== '') exchange.metadata.set('x-wso2-application-id', application);
    const verdict = policy.requestHeaders?.(exchange);
    if (verdict instanceof Promise) throw new Error('must decide at once');
    return { verdict, exchange };
  };
  return { ask, clock };
}

const forbidden = (message: string) => ({
  status: 403,
  headers: [['content-type', 'application/json']],
  body: JSON.stringify({ error: 'forbidden', message }),
});
const NOBODY = forbidden('Subscription required for this API: no subscription token or application identity provided');
const UNKNOWN = forbidden('Subscription required for this API');

describe('subscription-validation', () => {
  it('passes with a token in the header, which goes no further', () => {
    const { ask } = build();
    const { verdict, exchange } = ask({ 'subscription-key': ' token ' });
    expect([verdict, exchange.removedHeaders]).toEqual([undefined, ['subscription-key']]);
    expect(Object.fromEntries(exchange.metadata)).toEqual({
      'x-wso2-subscription-status': 'ACTIVE',
      'x-wso2-subscription-plan-name': 'Gold',
      'x-wso2-billing-subscription-id': 'b-1',
    });
  });

  it('or in the cookie, which is cut out of the others', () => {
    const { ask } = build({ subscriptionKeyCookie: 'sub' });
    const { verdict, exchange } = ask({ cookie: 'a=1; sub="token"; b=2' });
    expect([verdict, exchange.upstreamHeaders.get('cookie')]).toEqual([undefined, 'a=1; b=2']);
    expect(ask({ cookie: 'sub=token' }).exchange.removedHeaders).toContain('cookie');
    expect(ask({ cookie: 'xsub=token; sub=' }).verdict).toEqual(NOBODY);
  });

  it('or as an application that is subscribed; a token that is there decides', () => {
    const { ask } = build({}, { 'app:a-1': record() });
    expect(ask({}, 'a-1').verdict).toBeUndefined();
    expect(ask({}, 'a-2').verdict).toEqual(UNKNOWN);
    expect(ask({ 'subscription-key': 'wrong' }, 'a-1').verdict).toEqual(UNKNOWN);
  });

  it('refuses who shows nothing, and what nobody knows', () => {
    const { ask } = build();
    expect(ask({}).verdict).toEqual(NOBODY);
    expect(ask({ 'subscription-key': '  ' }).verdict).toEqual(NOBODY);
    expect(ask({ cookie: 'token=token' }).verdict).toEqual(NOBODY);
    expect(ask({ 'subscription-key': 'other' }).verdict).toEqual(UNKNOWN);
  });

  it('refuses beyond the quota until a minute after the first request', () => {
    const { ask, clock } = build({}, { token: record({ quota: quota(3) }), other: record({ id: 's-2', quota: quota(3) }) });
    const key = { 'subscription-key': 'token' };
    for (let at = 0; at < 3; at++) {
      expect(ask(key).verdict).toBeUndefined();
      clock.nowMs += 15_000;
    }
    const refused = ask(key).verdict;
    expect(refused).toMatchObject({
      status: 429,
      body: '{"error":"rate_limit_exceeded","message":"Subscription quota exceeded: 3 requests per Min"}',
    });
    expect(Object.fromEntries(refused?.headers ?? [])).toEqual({
      'content-type': 'application/json',
      'x-ratelimit-limit': '3',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String((NOW_MS + 60_000) / 1000),
      'x-ratelimit-full-quota-reset': String((NOW_MS + 60_000) / 1000),
      'ratelimit-limit': '3',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '15',
      'ratelimit-full-quota-reset': '15',
      'ratelimit-policy': '3;w=60',
      'retry-after': '15',
    });
    expect(ask({ 'subscription-key': 'other' }).verdict).toBeUndefined();
    clock.nowMs += 15_000;
    expect(ask(key).verdict).toBeUndefined();
  });

  it('a plan that does not stop lets everything pass', () => {
    const { ask } = build({}, { token: record({ quota: quota(1, false) }) });
    for (let at = 0; at < 5; at++) expect(ask({ 'subscription-key': 'token' }).verdict).toBeUndefined();
  });

  it.each([{ subscriptionKeyHeader: '' }, { subscriptionKeyHeader: 'a b' }, { subscriptionKeyCookie: 'a;b' }, { enabled: true }])(
    'refuses %j',
    (params) => {
      expect(subscriptionValidation.params.safeParse(params).success).toBe(false);
    },
  );
});

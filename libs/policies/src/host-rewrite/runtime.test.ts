import { expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { hostRewrite } from './definition.ts';
import { hostRewriteRuntime } from './runtime.ts';

it('sets the host that goes upstream, and nothing else', () => {
  const exchange = sampleExchange();
  const policy = hostRewriteRuntime.build({ host: 'inner.example.com:8443' }, sampleContext());
  expect(policy.requestHeaders?.(exchange)).toBeUndefined();
  expect(exchange.upstream).toMatchObject({ host: 'inner.example.com:8443', target: null, path: '/a' });
});

it.each([{}, { host: '' }, { host: 'a b' }, { host: 'a\r\nb' }, { host: 'a'.repeat(256) }, { host: 'a', more: 1 }])(
  'refuses %j',
  (params) => {
    expect(hostRewrite.params.safeParse(params).success).toBe(false);
  },
);

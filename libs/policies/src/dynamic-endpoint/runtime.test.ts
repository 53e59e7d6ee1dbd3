import { expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { dynamicEndpoint } from './definition.ts';
import { dynamicEndpointRuntime } from './runtime.ts';

it('chooses the upstream', () => {
  const exchange = sampleExchange();
  const policy = dynamicEndpointRuntime.build({ targetUpstream: 'blue' }, sampleContext({ upstreams: ['main', 'blue'] }));
  expect(policy.requestHeaders?.(exchange)).toBeUndefined();
  expect(exchange.upstream.target).toBe('blue');
});

it('is not built for an upstream that is not there', () => {
  expect(() => dynamicEndpointRuntime.build({ targetUpstream: 'green' }, sampleContext())).toThrow('no upstream green');
});

it.each([{}, { targetUpstream: '' }, { targetUpstream: 'a', weight: 1 }])('refuses %j', (params) => {
  expect(dynamicEndpoint.params.safeParse(params).success).toBe(false);
});

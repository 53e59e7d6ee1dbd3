import { expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { removeHeaders } from './definition.ts';
import { removeHeadersRuntime } from './runtime.ts';

it('removes in both directions, and ignores what is not there', () => {
  const exchange = sampleExchange({ answer: { server: 'x', 'x-b': 'y' } });
  const params = {
    request: { headers: [{ name: 'X-A' }, { name: 'x-a' }] },
    response: { headers: [{ name: 'X-B' }, { name: 'X-C' }] },
  };
  const policy = removeHeadersRuntime.build(removeHeaders.params.parse(params), sampleContext());
  expect(policy.requestHeaders?.(exchange)).toBeUndefined();
  void policy.responseHeaders?.(exchange);
  expect(exchange.removedHeaders).toEqual(['x-a']);
  expect([...exchange.answerHeaders]).toEqual([['server', 'x']]);
});

it('takes part only where it has something to do', () => {
  const build = (params: unknown) => Object.keys(removeHeadersRuntime.build(removeHeaders.params.parse(params), sampleContext()));
  expect(build({ request: { headers: [{ name: 'a' }] } })).toEqual(['requestHeaders']);
  expect(build({ response: { headers: [{ name: 'a' }] } })).toEqual(['responseHeaders']);
});

it.each([
  {},
  { request: { headers: [] } },
  { request: { headers: [{ name: 'a:b' }] } },
  { response: { headers: [{ name: 'Connection' }] } },
  { request: { headers: [{ name: 'a', value: 'b' }] } },
])('refuses %j', (params) => {
  expect(removeHeaders.params.safeParse(params).success).toBe(false);
});

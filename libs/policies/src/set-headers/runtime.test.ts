import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { setHeaders } from './definition.ts';
import { setHeadersRuntime } from './runtime.ts';

function run(params: unknown) {
  const exchange = sampleExchange({ answer: { server: 'x', 'x-b': 'theirs' } });
  const policy = setHeadersRuntime.build(setHeaders.params.parse(params), sampleContext());
  void policy.requestHeaders?.(exchange);
  void policy.responseHeaders?.(exchange);
  return { up: Object.fromEntries(exchange.upstreamHeaders), down: Object.fromEntries(exchange.answerHeaders), policy };
}

const pairs = (...headers: [string, string][]) => ({ headers: headers.map(([name, value]) => ({ name, value })) });

describe('set-headers', () => {
  it('sets in lower case; of two with one name the last wins', () => {
    const { up, down } = run({ request: pairs(['X-A', '1'], ['x-a', '2']), response: pairs(['X-B', 'ours']) });
    expect(up).toEqual({ 'x-a': '2' });
    expect(down).toEqual({ server: 'x', 'x-b': 'ours' });
  });

  it('appends in order', () => {
    const { up, down } = run({ mode: 'append', request: pairs(['a', '1'], ['A', '2']), response: pairs(['x-b', 'ours']) });
    expect(up).toEqual({ a: '1, 2' });
    expect(down['x-b']).toBe('theirs, ours');
  });

  it('takes part only where it has something to do', () => {
    expect(Object.keys(run({ response: pairs(['a', 'b']) }).policy)).toEqual(['responseHeaders']);
    expect(Object.keys(run({ request: pairs(['a', 'b']) }).policy)).toEqual(['requestHeaders']);
  });

  it.each([
    {},
    { request: { headers: [] } },
    { request: pairs(['', 'x']) },
    { request: pairs(['a b', 'x']) },
    { request: pairs(['a', 'x\r\ny: z']) },
    { request: pairs(['Content-Length', '5']) },
    { response: pairs(['Transfer-Encoding', 'chunked']) },
    { request: pairs(['a', 'x'.repeat(8193)]) },
    { request: pairs(['a'.repeat(257), 'x']) },
    { mode: 'add', request: pairs(['a', 'x']) },
    { request: { headers: [{ name: 'a', value: 'b', extra: 1 }] } },
  ])('refuses %j', (params) => {
    expect(setHeaders.params.safeParse(params).success).toBe(false);
  });
});

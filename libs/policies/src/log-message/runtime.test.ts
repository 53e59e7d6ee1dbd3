import { expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { logMessage } from './definition.ts';
import { logMessageRuntime } from './runtime.ts';

async function run(params: unknown) {
  const lines: unknown[] = [];
  const log = (level: string, _fields: object, message: string) => void lines.push([level, JSON.parse(message)]);
  const policy = logMessageRuntime.build(logMessage.params.parse(params), sampleContext({ log }));
  const exchange = sampleExchange({
    headers: { authorization: 'Bearer secret', 'x-a': '1', 'x-b': '2', cookie: 'sid=secret' },
    answer: { 'content-type': 'text/plain', 'set-cookie': 'sid=secret' },
  });
  const body = Buffer.from('hé');
  expect(await policy.requestHeaders?.(exchange)).toBeUndefined();
  expect(await policy.requestBody?.(exchange, body)).toBeUndefined();
  await policy.responseHeaders?.(exchange);
  if (policy.responseBody !== undefined) expect(await policy.responseBody(exchange, body)).toBe(body);
  expect(JSON.stringify(lines)).not.toContain('secret');
  return { lines, phases: Object.keys(policy) };
}

const about = (flow: string) => ({ 'mediation-flow': flow, 'request-id': 'r-1', 'http-method': 'GET', 'resource-path': '/a' });

it('writes one line per direction, without reading bodies it does not log', async () => {
  expect(await run({ request: {}, response: {} })).toEqual({
    lines: [
      ['info', about('REQUEST')],
      ['info', about('RESPONSE')],
    ],
    phases: ['requestHeaders', 'responseHeaders'],
  });
});

it('shows headers, credentials masked, and bodies', async () => {
  const params = {
    request: { payload: true, headers: true, excludeHeaders: ['X-B'] },
    response: { payload: true, headers: true },
  };
  expect(await run(params)).toEqual({
    lines: [
      ['info', { ...about('REQUEST'), payload: 'hé', headers: { authorization: '***', 'x-a': '1', cookie: '***' } }],
      ['info', { ...about('RESPONSE'), payload: 'hé', headers: { 'content-type': 'text/plain', 'set-cookie': '***' } }],
    ],
    phases: ['requestBody', 'responseBody'],
  });
});

it('takes part only where it is asked to', async () => {
  expect((await run({ response: {} })).phases).toEqual(['responseHeaders']);
});

it.each([{}, { request: { body: true } }, { request: { excludeHeaders: ['a b'] } }, { response: { payload: 'yes' } }])(
  'refuses %j',
  (params) => {
    expect(logMessage.params.safeParse(params).success).toBe(false);
  },
);

import type { HttpCall } from '@tidegate/policy-sdk';
import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { interceptorService } from './definition.ts';
import { interceptorServiceRuntime } from './runtime.ts';

type Answer = { readonly status?: number; readonly reply?: unknown; readonly raw?: string; readonly fails?: string };

function build(params: object, answer: Answer = {}) {
  const calls: HttpCall[] = [];
  const logged: unknown[] = [];
  const policy = interceptorServiceRuntime.build(
    interceptorService.params.parse({ endpoint: 'http://127.0.0.1:9081/base/', ...params }),
    sampleContext({
      upstreams: ['main', 'other'],
      log: (_level, fields) => void logged.push(fields['reason']),
      http: {
        async send(call) {
          calls.push(call);
          if (answer.fails !== undefined) throw new Error(answer.fails);
          const body = answer.raw ?? (answer.reply === undefined ? '' : JSON.stringify(answer.reply));
          return { status: answer.status ?? 200, header: () => undefined, body: Buffer.from(body) };
        },
      },
    }),
  );
  const told = (at = 0) => JSON.parse(String(calls[at]?.body)) as Record<string, unknown>;
  return { policy, calls, logged, told };
}

const sample = () =>
  sampleExchange({
    method: 'POST',
    path: '/ctx/pets/1',
    context: '/ctx',
    operationPath: '/pets/{id}',
    rawQuery: '?a=1',
    headers: { 'x-a': '1' },
    answer: { 'x-b': '2', etag: '"e"' },
  });
const BODY = Buffer.from('{"n":1}');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const FAILED = { status: 500, headers: [['content-type', 'application/json']], body: '{"message":"Internal Server Error"}' };

describe('before the request goes up', () => {
  it('tells the service what the contract says', async () => {
    const { policy, calls, told } = build({ request: {}, timeoutMillis: 700, tlsSkipVerify: true });
    expect(await policy.requestBody?.(sample(), BODY)).toBeUndefined();
    expect(calls[0]).toMatchObject({
      method: 'POST',
      url: 'http://127.0.0.1:9081/base/handle-request',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      timeoutMs: 700,
      bytesMax: 1_048_576,
      tls: { skipVerify: true },
    });
    expect(told()).toEqual({
      requestHeaders: { 'x-a': '1' },
      requestBody: base64('{"n":1}'),
      invocationContext: {
        requestId: 'r-1',
        apiName: 'Api',
        apiVersion: 'v1',
        vhost: 'api.example.com',
        method: 'POST',
        basePath: '/ctx',
        path: '/ctx/pets/1?a=1',
        pathTemplate: '/pets/{id}',
        scheme: 'http',
      },
    });
    expect(policy.responseBody).toBeUndefined();
  });

  it('leaves out what it is not to be told', async () => {
    const { policy, told } = build({ request: { includeRequestHeaders: false, includeRequestBody: false } });
    await policy.requestBody?.(sample(), BODY);
    expect(Object.keys(told())).toEqual(['invocationContext']);
    const { policy: other, told: toldOther } = build({ request: {} });
    await other.requestBody?.(sample(), null);
    expect(toldOther()).not.toHaveProperty('requestBody');
  });

  it('does what the service asks for', async () => {
    const { policy } = build(
      { request: {} },
      {
        reply: {
          headersToAdd: { 'X-New': 'a', 'X-Both': 'added' },
          headersToReplace: { 'x-both': 'replaced', 'Content-Length': '9' },
          headersToRemove: ['X-A'],
          pathToRewrite: '/ctx/dogs/2?b=2',
          dynamicEndpoint: { endpointName: 'other' },
          body: base64('changed'),
          somethingNew: true,
        },
      },
    );
    const exchange = sample();
    expect(await policy.requestBody?.(exchange, BODY)).toBeUndefined();
    expect(Object.fromEntries(exchange.upstreamHeaders)).toEqual({ 'x-new': 'a', 'x-both': 'replaced' });
    expect(exchange.removedHeaders).toEqual(['X-A']);
    expect(exchange.upstream).toMatchObject({ path: '/dogs/2', query: '?a=1&b=2', target: 'other' });
    expect(Buffer.from(exchange.upstream.body ?? []).toString()).toBe('changed');
  });

  it('answers at once when told to', async () => {
    const { policy } = build(
      { request: {} },
      { reply: { directRespond: true, responseCode: 403, headersToAdd: { 'content-type': 'text/plain' }, body: base64('no') } },
    );
    expect(await policy.requestBody?.(sample(), BODY)).toEqual({
      status: 403,
      headers: [['content-type', 'text/plain']],
      body: new Uint8Array(Buffer.from('no')),
    });
    const { policy: bare } = build({ request: {} }, { reply: { directRespond: true } });
    expect(await bare.requestBody?.(sample(), BODY)).toEqual({ status: 200, headers: [], body: '' });
  });
});

const GARBAGE: readonly (readonly [string, Answer])[] = [
  ['no answer', { fails: 'no answer within 5000 ms' }],
  ['an answer that is too large', { fails: 'the answer is larger than 1048576 bytes' }],
  ['a failure', { status: 500, reply: {} }],
  ['a redirect', { status: 302, reply: {} }],
  ['no JSON', { raw: '<html>' }],
  ['a list', { reply: [] }],
  ['null', { raw: 'null' }],
  ['something deep', { raw: '['.repeat(100_000) }],
  ['a status that cannot be', { reply: { directRespond: true, responseCode: 99 } }],
  ['a status that is text', { reply: { directRespond: true, responseCode: '200' } }],
  ['a header with a line break', { reply: { headersToAdd: { 'x-a': 'a\r\nx-b: b' } } }],
  ['a header without a name', { reply: { headersToReplace: { '': 'a' } } }],
  ['a header that is a number', { reply: { headersToAdd: { 'x-a': 1 } } }],
  ['removal of what is no name', { reply: { headersToRemove: ['a b'] } }],
  ['a body that is not base64', { reply: { body: '{"not":"base64"}' } }],
  ['a context of numbers', { reply: { interceptorContext: { a: 1 } } }],
];

describe('a service that fails, or answers garbage', () => {
  it.each(GARBAGE)('%s: 500 at the request, and nothing is changed', async (_what, answer) => {
    const { policy, logged } = build({ request: {} }, answer);
    const exchange = sample();
    expect(await policy.requestBody?.(exchange, BODY)).toEqual(FAILED);
    expect([exchange.upstreamHeaders.size, exchange.upstream.path, logged.length]).toEqual([0, '/pets/1', 1]);
  });

  it.each([
    ['an upstream that there is not', { reply: { dynamicEndpoint: { endpointName: 'x' }, headersToAdd: { 'x-a': '1' } } }],
  ] as [string, Answer][])('%s: 500, and nothing is changed', async (_what, answer) => {
    const { policy } = build({ request: {} }, answer);
    const exchange = sample();
    expect(await policy.requestBody?.(exchange, BODY)).toEqual(FAILED);
    expect([exchange.upstreamHeaders.size, exchange.upstream.target]).toEqual([0, null]);
  });

  it.each(GARBAGE)('%s: 500 at the answer', async (_what, answer) => {
    const { policy } = build({ response: {} }, answer);
    const exchange = sample();
    const body = await policy.responseBody?.(exchange, BODY);
    expect([exchange.response?.status, Buffer.from(body ?? []).toString(), exchange.answerHeaders.has('etag')]).toEqual([
      500,
      FAILED.body,
      false,
    ]);
  });

  it.each(GARBAGE)('%s: passes where that was asked for', async (_what, answer) => {
    const { policy } = build({ request: { passthroughOnError: true }, response: { passthroughOnError: true } }, answer);
    const exchange = sample();
    expect(await policy.requestBody?.(exchange, BODY)).toBeUndefined();
    expect(await policy.responseBody?.(exchange, BODY)).toBe(BODY);
    expect(exchange.response?.status).toBe(200);
  });
});

describe('before the answer goes out', () => {
  it('tells the service, with what it said at the request, and does what it asks for', async () => {
    const { policy, told } = build(
      { request: {}, response: { includeRequestHeaders: true, includeRequestBody: true } },
      {
        reply: {
          interceptorContext: { trace: 't-1' },
          responseCode: 202,
          headersToAdd: { 'x-c': '3' },
          headersToRemove: ['x-b'],
          body: base64('new'),
        },
      },
    );
    const exchange = sample();
    await policy.requestBody?.(exchange, BODY);
    const body = await policy.responseBody?.(exchange, Buffer.from('old'));
    expect(told(1)).toMatchObject({
      responseCode: 200,
      requestHeaders: { 'x-a': '1' },
      responseHeaders: { 'x-b': '2' },
      responseBody: base64('old'),
      interceptorContext: { trace: 't-1' },
      invocationContext: { method: 'POST' },
    });
    expect([exchange.response?.status, Buffer.from(body ?? []).toString()]).toEqual([202, 'new']);
    expect(Object.fromEntries(exchange.answerHeaders)).toEqual({ 'x-c': '3' });
  });

  it('an empty answer changes nothing', async () => {
    const { policy } = build({ response: {} });
    const exchange = sample();
    expect(await policy.responseBody?.(exchange, BODY)).toBe(BODY);
    expect(exchange.response?.status).toBe(200);
  });
});

it.each([
  { request: {} },
  { endpoint: 'http://a' },
  { endpoint: 'ftp://a', request: {} },
  { endpoint: 'http://a?x=1', request: {} },
  { endpoint: 'http://a', request: {}, timeoutMillis: 99 },
  { endpoint: 'http://a', request: {}, timeoutMillis: 60_001 },
  { endpoint: 'http://a', request: { includeResponseBody: true } },
])('refuses %j', (params) => {
  expect(interceptorService.params.safeParse(params).success).toBe(false);
});

import type { Policy } from '@tidegate/policy-sdk';
import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { advancedRatelimit } from './definition.ts';
import { advancedRatelimitRuntime } from './runtime.ts';

const NOW_MS = 1_763_769_610_000;

function build(params: object, settings: Record<string, unknown> = {}): Policy {
  return advancedRatelimitRuntime.build(advancedRatelimit.params.parse(params), sampleContext({ now: () => NOW_MS, settings }));
}

type Sent = Parameters<typeof sampleExchange>[0] & { body?: string; answerBody?: string; metadata?: Record<string, unknown> };

async function send(policy: Policy, { body, answerBody, metadata = {}, ...sent }: Sent = {}) {
  const exchange = sampleExchange(sent);
  for (const [name, value] of Object.entries(metadata)) exchange.metadata.set(name, value);
  const bytes = body === undefined ? null : Buffer.from(body);
  const verdict = (await policy.requestHeaders?.(exchange)) ?? (await policy.requestBody?.(exchange, bytes));
  if (verdict === undefined) {
    await policy.responseHeaders?.(exchange);
    await policy.responseBody?.(exchange, answerBody === undefined ? null : Buffer.from(answerBody));
  }
  return {
    status: verdict?.status ?? 200,
    headers: Object.fromEntries(verdict?.headers ?? exchange.answerHeaders),
    body: verdict?.body,
  };
}

const limits = (limit: number) => [{ limit, duration: '1m' }];

describe('keys', () => {
  it.each([
    [[{ type: 'header', key: 'X-Org' }], { headers: { 'x-org': 'a' } }, { headers: { 'x-org': 'b' } }],
    [[{ type: 'metadata', key: 'plan' }], { metadata: { plan: 'gold' } }, { metadata: { plan: 'free' } }],
    [[{ type: 'ip' }], { clientAddress: '192.0.2.1', headers: { 'x-forwarded-for': '9.9.9.9' } }, { clientAddress: '192.0.2.2' }],
    [undefined, { routeId: 'a' }, { routeId: 'b' }],
    [[], { routeId: 'a' }, { routeId: 'b' }],
    [[{ type: 'ip' }], { routeId: 'a' }, { routeId: 'b' }],
    [[{ type: 'cel', expression: 'request.Headers["x-org"][0]' }], { headers: { 'x-org': 'a' } }, { headers: { 'x-org': 'b' } }],
    [
      [{ type: 'cel', expression: 'auth.Subject' }],
      { auth: { type: 'jwt', subject: 'ann', properties: {}, previous: null } },
      {},
    ],
    [[{ type: 'consumer' }], { auth: { type: 'jwt', subject: 'ann', properties: {}, previous: null } }, { auth: null }],
    [
      [
        { type: 'header', key: 'a' },
        { type: 'header', key: 'b' },
      ],
      { headers: { a: 'x:y', b: 'z' } },
      { headers: { a: 'x', b: 'y:z' } },
    ],
  ] as [object[] | undefined, Sent, Sent][])('%j tells two requests apart', async (keyExtraction, one, other) => {
    const policy = build({ quotas: [{ limits: limits(1), ...(keyExtraction && { keyExtraction }) }] });
    expect((await send(policy, one)).status).toBe(200);
    expect((await send(policy, other)).status).toBe(200);
    expect((await send(policy, one)).status).toBe(429);
  });

  it('an expression that fails has one key for all that fail', async () => {
    const policy = build({
      quotas: [{ limits: limits(1), keyExtraction: [{ type: 'cel', expression: 'request.Headers["x-org"][0]' }] }],
    });
    expect((await send(policy)).status).toBe(200);
    expect((await send(policy, { clientAddress: '192.0.2.9' })).status).toBe(429);
  });

  it('with the API’s name are shared by its routes; a missing header is a key like any other', async () => {
    const policy = build({ quotas: [{ limits: limits(1), keyExtraction: [{ type: 'apiname' }, { type: 'header', key: 'o' }] }] });
    expect((await send(policy, { routeId: 'a' })).status).toBe(200);
    expect((await send(policy, { routeId: 'b' })).status).toBe(429);
  });
});

describe('costs', () => {
  const cost = (source: object, limit = 10, more: object = {}) => ({
    quotas: [{ name: 'tokens', limits: limits(limit), costExtraction: { enabled: true, sources: [source], ...more } }],
  });

  it('of a request are charged before it goes up, and refused if they do not fit', async () => {
    const policy = build(cost({ type: 'request_header', key: 'X-Cost', multiplier: 2 }));
    expect((await send(policy, { headers: { 'x-cost': '4' } })).headers['x-ratelimit-remaining']).toBe('2');
    expect((await send(policy, { headers: { 'x-cost': '2' } })).status).toBe(429);
    expect((await send(policy, { headers: { 'x-cost': '1' } })).status).toBe(200);
  });

  it('fall back, and may be nothing', async () => {
    const policy = build(cost({ type: 'request_header', key: 'x-cost' }, 1, { default: 0 }));
    for (const headers of [{}, { 'x-cost': 'much' }, { 'x-cost': '-5' }, { 'x-cost': 'Infinity' }])
      expect((await send(policy, { headers })).headers['x-ratelimit-remaining']).toBe('1');
  });

  it('of an answer are charged after it: a request passes while anything is left', async () => {
    const policy = build(cost({ type: 'response_body', jsonPath: '$.usage.total' }));
    expect((await send(policy, { answerBody: '{"usage":{"total":7}}' })).headers['x-ratelimit-remaining']).toBe('3');
    expect((await send(policy, { answerBody: '{"usage":{"total":700}}' })).headers['x-ratelimit-remaining']).toBe('0');
    expect((await send(policy)).status).toBe(429);
  });

  it.each([
    [{ type: 'request_cel', expression: 'int(request.Headers["x-cost"][0]) * 2' }, { headers: { 'x-cost': '3' } }, '4'],
    [{ type: 'request_cel', expression: 'size(request.Body.Content)' }, { body: '1234567' }, '3'],
    [{ type: 'response_cel', expression: 'response.Status == 200 ? 8 : 0' }, {}, '2'],
    [{ type: 'response_cel', expression: 'double(size(response.Body.Content)) / 2.0' }, { answerBody: '12345678' }, '6'],
    // What fails, or is no number, is the default
    [{ type: 'request_cel', expression: 'int(request.Headers["x-cost"][0])' }, {}, '9'],
    [{ type: 'request_cel', expression: 'request.Metadata["n"]' }, { metadata: { n: 'x' } }, '9'],
    [{ type: 'request_cel', expression: '0 - 5' }, {}, '9'],
  ] as [object, Sent, string][])('are worked out by CEL: %j', async (source, sent, remaining) => {
    expect((await send(build(cost(source)), sent)).headers['x-ratelimit-remaining']).toBe(remaining);
  });

  it('are read from bodies, headers and notes', async () => {
    const body = build(cost({ type: 'request_body', jsonPath: '$.n' }));
    expect((await send(body, { body: '{"n":10}' })).status).toBe(200);
    expect((await send(body, { body: '{"n":1}' })).status).toBe(429);
    const header = build(cost({ type: 'response_header', key: 'X-Used' }));
    expect((await send(header, { answer: { 'x-used': '4' } })).headers['x-ratelimit-remaining']).toBe('6');
    const note = build(cost({ type: 'request_metadata', key: 'n' }));
    expect((await send(note, { metadata: { n: 4 } })).headers['x-ratelimit-remaining']).toBe('6');
  });
});

it('charges all quotas or none, and lists them', async () => {
  const policy = build({
    quotas: [
      { name: 'day', limits: [{ limit: 5, duration: '24h' }] },
      { limits: limits(1), keyExtraction: [{ type: 'ip' }] },
    ],
  });
  expect((await send(policy)).headers).toMatchObject({
    'x-ratelimit-limit': '1',
    'ratelimit-policy': '"day";q=5;w=86400, "quota-1";q=1;w=60',
    ratelimit: expect.stringMatching(/^"day";r=4;t=\d+, "quota-1";r=0;t=50$/) as string,
  });
  for (let at = 0; at < 10; at++)
    expect(await send(policy)).toMatchObject({ status: 429, headers: { 'x-ratelimit-quota': 'quota-1' } });
  expect((await send(policy, { clientAddress: '192.0.2.2' })).headers['ratelimit']).toMatch(/^"day";r=3/);
});

it('bursts with GCRA', async () => {
  const policy = build({ quotas: [{ limits: [{ limit: 60, duration: '1m', burst: 2 }] }] }, { algorithm: 'gcra' });
  expect([(await send(policy)).status, (await send(policy)).status, (await send(policy)).status]).toEqual([200, 200, 429]);
});

it('refuses as it was told, and hides limits of what stands behind the upstream', async () => {
  const policy = build({
    quotas: [{ limits: limits(1) }],
    onRateLimitExceeded: { statusCode: 503, body: 'slow down', bodyFormat: 'plain' },
  });
  expect((await send(policy, { answer: { 'x-ratelimit-limit-tokens': '9' } })).headers).not.toHaveProperty(
    'x-ratelimit-limit-tokens',
  );
  expect(await send(policy)).toMatchObject({
    status: 503,
    body: 'slow down',
    headers: { 'content-type': 'text/plain', 'retry-after': '50' },
  });
});

it.each([
  {},
  { quotas: [] },
  { quotas: [{ limits: [] }] },
  { quotas: [{ limits: limits(0) }] },
  { quotas: [{ limits: [{ limit: 1, duration: '1d' }] }] },
  { quotas: [{ limits: limits(1), keyExtraction: [{ type: 'cel', expression: '1 + 1' }] }] },
  { quotas: [{ limits: limits(1), keyExtraction: [{ type: 'cel', expression: 'request.' }] }] },
  { quotas: [{ limits: limits(1), costExtraction: { sources: [{ type: 'request_cel', expression: '"a"' }] } }] },
  { quotas: [{ limits: limits(1), keyExtraction: [{ type: 'header' }] }] },
  { quotas: [{ limits: limits(1), keyExtraction: Array.from({ length: 6 }, () => ({ type: 'ip' })) }] },
  { quotas: [{ limits: limits(1), name: 'a"b' }] },
  { quotas: [{ limits: limits(1), costExtraction: { sources: [{ type: 'request_body' }] } }] },
  { quotas: [{ limits: limits(1) }], onRateLimitExceeded: { statusCode: 200 } },
  { quotas: [{ limits: limits(1) }], limits: [] },
])('refuses %j', (params) => {
  expect(advancedRatelimit.params.safeParse(params).success).toBe(false);
});

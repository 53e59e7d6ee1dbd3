import { jsonResponse } from '@tidegate/policy-sdk';
import { afterEach, expect, test } from 'vitest';

import { sampleApi, samplePolicy, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

test('policies change method, path, query, host and body of what goes upstream, and the status of what comes back', async () => {
  const backend = await kit.upstream();
  const runtimes = [
    samplePolicy('rewrites', {
      requestHeaders({ upstream }) {
        expect([upstream.method, upstream.path, upstream.query]).toEqual(['POST', '/files/x', '?a=1']);
        upstream.method = 'PUT';
        upstream.path = '/else/../where';
        upstream.query = '?b=2';
        upstream.host = 'other.example.com:8443';
        return undefined;
      },
      requestBody(exchange, body) {
        exchange.appendUpstreamHeader('x-many', 'two');
        exchange.upstream.body = Buffer.from(`${Buffer.from(body ?? []).toString()}!`);
        return undefined;
      },
      responseBody(exchange, body) {
        if (exchange.response !== null) exchange.response.status = 422;
        exchange.response?.appendHeader('x-seen', 'yes');
        return body;
      },
    }),
    samplePolicy('reads', {
      requestBody: (_exchange, body) => (Buffer.from(body ?? []).toString() === 'hello!' ? undefined : jsonResponse(500, '{}')),
    }),
  ];
  const policies = [{ name: 'rewrites' }, { name: 'reads' }];
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies })], runtimes });
  const answer = await fetch(`${router.url}/w/v1.0/files/x?a=1`, {
    method: 'POST',
    body: 'hello',
    headers: { 'x-many': 'one' },
  });
  expect([answer.status, answer.statusText, answer.headers.get('x-seen')]).toEqual([422, 'Unprocessable Entity', 'yes']);
  expect(await answer.json()).toMatchObject({ method: 'PUT', url: '/api/where?b=2' });
  expect(backend.requests[0]).toMatchObject({ body: 'hello!', headers: { host: 'other.example.com:8443' } });
});

test('a request that cannot be sent is the policy’s failure; nothing goes upstream', async () => {
  const backend = await kit.upstream();
  const wrong: Record<string, (upstream: { path: string; method: string; query: string; host: string | null }) => void> = {
    path: (upstream) => (upstream.path = '/a?b HTTP/1.1\r\n\r\n'),
    climb: (upstream) => (upstream.path = '/../secret'),
    method: (upstream) => (upstream.method = 'GET / HTTP/1.1\r\n'),
    query: (upstream) => (upstream.query = '?a b'),
    host: (upstream) => (upstream.host = 'a\r\nb: c'),
  };
  const runtimes = [
    samplePolicy('wrong', {
      requestHeaders({ query, upstream }) {
        wrong[query.slice(1)]?.(upstream);
        return undefined;
      },
    }),
  ];
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies: [{ name: 'wrong' }] })], runtimes });
  for (const what of Object.keys(wrong)) {
    expect([what, (await fetch(`${router.url}/w/v1.0/items?${what}`)).status]).toEqual([what, 500]);
  }
  expect(backend.requests).toEqual([]);
});

test('an upstream chosen by name, and 503 for a name the API does not have', async () => {
  const backend = await kit.upstream();
  const runtimes = [
    samplePolicy('chooses', {
      requestHeaders(exchange) {
        exchange.upstream.target = exchange.query.slice(1);
        return undefined;
      },
    }),
  ];
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies: [{ name: 'chooses' }] })], runtimes });
  expect((await fetch(`${router.url}/w/v1.0/items?main`)).status).toBe(200);
  expect((await fetch(`${router.url}/w/v1.0/items?nowhere`)).status).toBe(503);
  expect(backend.requests).toHaveLength(1);
});

test('what must be seen on every answer is added to those of the gateway too, wherever the policy stands', async () => {
  const backend = await kit.upstream();
  const runtimes = [
    samplePolicy('denies', { requestHeaders: () => jsonResponse(401, '{}') }),
    samplePolicy('marks', { immediate: (exchange) => exchange.addResponseHeader('x-mark', 'here') }),
  ];
  const policies = [{ name: 'denies' }, { name: 'marks' }];
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies })], runtimes });
  const refused = await fetch(`${router.url}/w/v1.0/items`);
  expect([refused.status, refused.headers.get('x-mark')]).toEqual([401, 'here']);
});

import { afterEach, expect, test } from 'vitest';

import { sampleDeployment } from '../testing/sample-held.ts';
import { rawRequest } from '../testing/start-traffic.ts';
import { getRequest, samplePolicy, sampleApi, target, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

/** The fields an upstream got, by lower-case name, of a request with these. */
async function fieldsUpstream(fields: readonly string[], trusted: readonly string[] = []): Promise<[string, string][]> {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)], router: { trusted_proxies: [...trusted] } });
  expect(await rawRequest(router.port, getRequest('/w/v1.0/items', fields))).toMatch(/^HTTP\/1\.1 200/);
  const [request] = backend.requests;
  const raw = request?.rawHeaders ?? [];
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? '']] : []));
}

test('fields of one hop stay behind, also those that Connection nominates, however it is written', async () => {
  const got = await fieldsUpstream([
    'Connection: X-Foo, x-bar',
    'Connection:keep-alive,  X-BAZ',
    'X-Foo: 1',
    'x-bar: 2',
    'X-Baz: 3',
    'X-Kept: 4',
    'Keep-Alive: timeout=5',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: x',
    'Proxy-Authenticate: x',
    'TE: trailers',
    'Trailer: X-Late',
  ]);
  expect(got.map(([name]) => name).sort()).toEqual([
    'connection',
    'host',
    'traceparent',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-kept',
    'x-request-id',
  ]);
  expect(got).toContainEqual(['connection', 'keep-alive']);
});

test('a trace goes on upstream and into the access line; one that is none starts anew, without its state', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const ask = async (fields: readonly string[]) => {
    await rawRequest(router.port, getRequest('/w/v1.0/items', fields));
    return backend.requests.at(-1)?.headers ?? {};
  };
  const continued = await ask([`traceparent: 00-${traceId}-00f067aa0ba902b7-01`, 'tracestate: a=1']);
  expect(continued).toMatchObject({ tracestate: 'a=1' });
  expect(continued['traceparent']).toMatch(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
  const fresh = await ask([`traceparent: 00-${traceId}-nonsense-01`, 'tracestate: a=1']);
  expect(fresh['tracestate']).toBeUndefined();
  await router.traffic.drain(0);
  expect(router.lines().map((line) => line.traceId)).toEqual([traceId, String(fresh['traceparent']).slice(3, 35)]);
});

test('a sampled request is told as a span whose id the upstream gets as its parent; an unsampled one is not', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)], traced: true });
  await rawRequest(router.port, getRequest('/w/v1.0/items/7?key=secret', [`traceparent: 00-${traceId}-00f067aa0ba902b7-01`]));
  await rawRequest(router.port, getRequest('/w/v1.0/items/8', [`traceparent: 00-${traceId}-00f067aa0ba902b7-00`]));
  await rawRequest(router.port, getRequest('/nowhere'));
  await router.traffic.drain(0);
  const [routed, unrouted, ...more] = router.spans;
  expect(more).toEqual([]);
  expect(routed).toMatchObject({
    name: 'GET /w/v1.0/items/{id}',
    kind: 'server',
    trace: { traceId, parentSpanId: '00f067aa0ba902b7' },
    attributes: { 'http.response.status_code': 200, 'url.path': '/w/v1.0/items/7', 'tidegate.api': 'sample' },
    error: null,
  });
  expect(backend.requests[0]?.headers['traceparent']).toBe(`00-${traceId}-${routed?.trace.spanId}-01`);
  expect(unrouted).toMatchObject({
    name: 'GET',
    trace: { parentSpanId: null },
    attributes: { 'http.response.status_code': 404 },
  });
  expect(JSON.stringify(router.spans)).not.toContain('secret');
});

test('without trace context what the client sent passes as it is', async () => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)], router: { trace_context: false } });
  await rawRequest(router.port, getRequest('/w/v1.0/items', ['traceparent: any', 'tracestate: a=1']));
  expect(backend.requests[0]?.headers).toMatchObject({ traceparent: 'any', tracestate: 'a=1' });
});

test('Connection cannot take away what the gateway says', async () => {
  const got = await fieldsUpstream(['Connection: x-forwarded-for, x-request-id, host, x-forwarded-proto', 'X-Request-Id: mine']);
  expect(Object.fromEntries(got)).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' });
  expect(got.some(([name]) => name === 'host' || name === 'x-request-id')).toBe(true);
});

const CLAIMS = [
  'X-Forwarded-For: 6.6.6.6',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: evil',
  'X-Forwarded-Port: 443',
  'X-Forwarded-Prefix: /evil',
  'X-Real-IP: 6.6.6.6',
  'Forwarded: for=6.6.6.6',
  'X_Forwarded_For: 6.6.6.6',
  'X_Request_Id: evil',
  'Content_Length: 9',
  'Transfer_Encoding: chunked',
];

test('nobody’s word about where a request came from is passed on', async () => {
  const got = await fieldsUpstream(CLAIMS);
  expect(got.filter(([name]) => /forwarded|real|_/.test(name)).sort()).toEqual([
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-host', 'a'],
    ['x-forwarded-proto', 'http'],
  ]);
});

test('a trusted proxy’s word is', async () => {
  const got = await fieldsUpstream(CLAIMS, ['127.0.0.1']);
  expect(got.filter(([name]) => /forwarded|real|_/.test(name)).sort()).toEqual([
    ['forwarded', 'for=6.6.6.6'],
    ['x-forwarded-for', '6.6.6.6, 127.0.0.1'],
    ['x-forwarded-host', 'evil'],
    ['x-forwarded-port', '443'],
    ['x-forwarded-prefix', '/evil'],
    ['x-forwarded-proto', 'https'],
    ['x-real-ip', '6.6.6.6'],
  ]);
});

test('fields named like what objects inherit are fields like others', async () => {
  const got = await fieldsUpstream(['Constructor: a', '__proto__: b', '__proto__: c', 'hasownproperty: d']);
  expect(got).toEqual(
    expect.arrayContaining([
      ['constructor', 'a'],
      ['__proto__', 'b'],
      ['__proto__', 'c'],
      ['hasownproperty', 'd'],
    ]),
  );
});

/**
 * A gateway with an open API, and one behind a policy; the upstream of both is the same. What is asked for → what the policy
 * and the upstream see; `null` = 400, 404 = no route.
 */
test.each<[asked: string, seen: string | null | 404]>([
  ['/open/a', '/open/a'],
  ['/open/../guarded/a', '/guarded/a'],
  ['/open/%2e%2e/guarded/a', '/guarded/a'],
  ['/open/.%2E/guarded/a', '/guarded/a'],
  ['/open/..%2fguarded/a', '/open/..%2Fguarded/a'],
  ['/open/..%5cguarded/a', '/open/..%5Cguarded/a'],
  ['/open/%2e%2e%2fguarded/a', '/open/..%2Fguarded/a'],
  ['/open/%252e%252e/guarded/a', '/open/%252e%252e/guarded/a'],
  ['/open%2fa', 404],
  ['//open//a', '/open/a'],
  ['/open/./a/.', '/open/a/'],
  ['/open/a/..', '/open/'],
  ['/open;x/a', 404],
  ['/open/;x/a', '/open/;x/a'],
  ['/open/a;v=1', '/open/a;v=1'],
  ['/%6fpen/%61', '/open/a'],
  ['/%67uarded/a', '/guarded/a'],
  ['/guarded%2Fa', 404],
  ['/guarded/%c3%a4', '/guarded/%C3%A4'],
  ['/open/%00', '/open/%00'],
  ['/open/%0d%0aX:1', '/open/%0D%0AX:1'],
  ['/../guarded/a', null],
  ['/open/../../a', null],
  ['/open/%', null],
  ['/open\\..\\guarded', null],
])('%s is matched, authorised and forwarded as %s', async (asked, seen) => {
  const backend = await kit.upstream();
  const authorised: string[] = [];
  const guard = samplePolicy('guard', { requestHeaders: (exchange) => void authorised.push(exchange.path) });
  const api = (name: string, policies: { name: string }[]) =>
    sampleDeployment({
      id: `${name}/env`,
      context: `/${name}`,
      upstream: { basePath: `/${name}`, targets: [target(backend.port)] },
      policies,
      routes: [{ method: 'GET', operationPath: '/*' }],
    });
  const router = await kit.traffic({ entries: [api('open', []), api('guarded', [{ name: 'guard' }])], runtimes: [guard] });
  const answer = await rawRequest(router.port, getRequest(`${asked}?q=/../%2e`));
  const reached = typeof seen === 'string';
  expect(answer).toMatch(reached ? /^HTTP\/1\.1 200/ : seen === null ? /^HTTP\/1\.1 400/ : /^HTTP\/1\.1 404/);
  expect(backend.requests.map(({ url }) => url)).toEqual(reached ? [`${seen}?q=/../%2e`] : []);
  expect(authorised).toEqual(reached && seen.startsWith('/guarded') ? [seen] : []);
});

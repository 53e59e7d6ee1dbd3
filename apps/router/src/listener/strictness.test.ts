import { afterEach, expect, test } from 'vitest';

import { sampleDeployment } from '../testing/sample-held.ts';
import { rawRequest } from '../testing/start-traffic.ts';
import { getRequest, sampleApi, target, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

test.each([
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400],
  ['a malformed Host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
  ['a target of another host', 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['length beside chunks', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx', 400],
  ['chunks in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ['another coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 400],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
  ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n', 400],
  ['a bare line feed', 'GET / HTTP/1.1\nHost: a\n\n', 400],
  ['a path above the root', 'GET /../x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a bad escape', 'GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a backslash', 'GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a long target', `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ['many fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(200)}\r\n`, 431],
  ['a large head', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'1'.repeat(20_000)}\r\n\r\n`, 431],
  ['an upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 403],
  ['another expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n', 417],
])('%s is refused and the connection closed', async (_what, bytes, status) => {
  const backend = await kit.upstream();
  const everything = sampleDeployment({
    context: '',
    upstream: { targets: [target(backend.port)] },
    routes: ['GET', 'POST'].map((method) => ({ method, operationPath: '/*' })),
  });
  const router = await kit.traffic({ entries: [everything] });
  const answer = await rawRequest(router.port, bytes);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(answer.toLowerCase()).toMatch(/connection: close/);
  expect(backend.requests).toEqual([]);
});

test('an absolute target of the same host and an expected 100-continue are served', async () => {
  const backend = await kit.upstream();
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  expect(await rawRequest(router.port, getRequest('http://a/w/v1.0/items?x'))).toMatch(/^HTTP\/1\.1 200/);
  const put =
    'PUT /w/v1.0/files/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok';
  expect(await rawRequest(router.port, put)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
  expect(backend.requests.map(({ url, body, headers }) => [url, body, headers.expect])).toEqual([
    ['/api/items?x', '', undefined],
    ['/api/files/x', 'ok', undefined],
  ]);
});

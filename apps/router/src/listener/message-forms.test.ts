import { waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { rawRequest } from '../testing/start-traffic.ts';
import { getRequest, sampleApi, samplePolicy, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

const CHUNKED = 'Transfer-Encoding: chunked';
const post = (fields: readonly string[], body: string): string =>
  `POST /w/v1.0/files/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields.join('\r\n')}\r\n\r\n${body}`;

test('trailers are dropped, of requests and of answers', async () => {
  const heads: string[] = [];
  const backend = await kit.tcp((socket) => {
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (!received.includes('0\r\n\r\n')) return;
      heads.push(received);
      socket.end(`HTTP/1.1 200 OK\r\n${CHUNKED}\r\nTrailer: X-Late\r\n\r\n2\r\nok\r\n0\r\nX-Late: 1\r\n\r\n`);
    });
  });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const answer = await rawRequest(
    router.port,
    post([CHUNKED, 'Trailer: X-Early'], '4\r\ntext\r\n0\r\nX-Early: 1\r\nX-Early-Too: b\r\n\r\n'),
  );
  expect(answer).toMatch(/\r\n\r\n2\r\nok\r\n0\r\n\r\n$/);
  expect(answer.toLowerCase()).not.toMatch(/x-late|trailer/);
  expect(heads[0]).toMatch(/\r\n\r\n4\r\ntext\r\n0\r\n\r\n$/);
  expect(heads[0]?.toLowerCase()).not.toMatch(/x-early|trailer/);
});

test('a body that a policy does not let through is not invited', async () => {
  const backend = await kit.upstream();
  const guard = samplePolicy('guard', { requestHeaders: () => ({ status: 403, headers: [], body: 'no' }) });
  const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies: [{ name: 'guard' }] })], runtimes: [guard] });
  const answer = await rawRequest(router.port, post(['Expect: 100-continue', 'Content-Length: 5'], ''), /no$/);
  expect(answer).toMatch(/^HTTP\/1\.1 403 [^]*\r\n\r\nno$/);
  expect(backend.requests).toEqual([]);
});

test('a body is invited once, also when a policy reads it, and an upstream is never asked to', async () => {
  const backend = await kit.upstream({ answer: (request, response) => void response.end(request.body) });
  const reader = samplePolicy('reader', { requestBody: () => undefined });
  for (const policies of [[], [{ name: 'reader' }]]) {
    const router = await kit.traffic({ entries: [sampleApi(backend.port, { policies })], runtimes: [reader] });
    const answer = await rawRequest(router.port, post(['Expect: 100-Continue', 'Content-Length: 5'], 'hello'));
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [^]*\r\n\r\nhello$/);
    expect(answer.match(/100 Continue/g)).toHaveLength(1);
  }
  expect(backend.requests.map(({ headers }) => headers.expect)).toEqual([undefined, undefined]);
});

test('interim answers of an upstream stay behind, however many', async () => {
  const interim = ['HTTP/1.1 100 Continue', 'HTTP/1.1 102 Processing', 'HTTP/1.1 103 Early Hints\r\nLink: </x>'];
  const backend = await kit.tcp((socket) =>
    socket.once('data', () => socket.end(`${interim.join('\r\n\r\n')}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`)),
  );
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  const answer = await rawRequest(router.port, getRequest('/w/v1.0/items'));
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
});

test('an answer to HEAD has the fields of the one to GET, and no body, however it is framed', async () => {
  const answers = ['Content-Length: 5', CHUNKED, ''];
  const backend = await kit.tcp((socket) => {
    socket.on('data', (head: Buffer) => {
      const fields = answers[Number(/\/(\d) HTTP/.exec(head.toString('latin1'))?.[1])] ?? '';
      socket.write(`HTTP/1.1 200 OK\r\nX-Kept: 1\r\n${fields === '' ? '' : `${fields}\r\n`}\r\n`);
    });
  });
  const router = await kit.traffic({ entries: [sampleApi(backend.port)] });
  for (const at of answers.keys()) {
    const answer = await rawRequest(router.port, getRequest(`/w/v1.0/files/${at}`).replace('GET', 'HEAD'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*x-kept: 1\r\n[^]*\r\n\r\n$/i);
  }
  await waitFor(() => router.traffic.inFlight === 0, { what: 'every exchange to end' });
});

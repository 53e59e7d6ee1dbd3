import { request as httpRequest } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

import { jsonResponse } from '@tidegate/policy-sdk';
import type { EchoUpstreamOptions } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { sampleApi, samplePolicy, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

const text = (body: Uint8Array | null) => Buffer.from(body ?? []).toString('utf8');

/** Refuses what says "bad", in both directions; its header phase hides what the answer is encoded with. */
const guard = samplePolicy('guard', {
  requestBody: (_exchange, body) => (text(body).includes('bad') ? jsonResponse(422, '{}') : undefined),
  responseHeaders: (exchange) => exchange.response?.removeHeader('content-encoding'),
  responseBody: (_exchange, body) => (text(body).includes('bad') ? Buffer.from('hidden') : body),
});

async function guarded(answer: EchoUpstreamOptions = {}) {
  const backend = await kit.upstream(answer);
  const router = await kit.traffic({
    entries: [sampleApi(backend.port, { policies: [{ name: 'guard' }] })],
    runtimes: [guard],
  });
  return { backend, url: `${router.url}/w/v1.0/files/x` };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** Without what fetch does to encoded answers. */
function send(url: string, headers: Record<string, string | string[]>, body: Uint8Array | null): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: body === null ? 'GET' : 'POST', headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.once('error', reject).end(body ?? undefined);
  });
}

const ENCODERS = [
  ['gzip', gzipSync],
  ['X-GZIP', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['identity, gzip', gzipSync],
] as const;

test.each(ENCODERS)('a request in %s is shown to policies and forwarded as they saw it', async (coding, encode) => {
  const { backend, url } = await guarded();
  const post = (body: string) => send(url, { 'content-encoding': coding, digest: 'sha-256=x', 'x-a': '1' }, encode(body));
  expect((await post('something bad')).status).toBe(422);
  expect(backend.requests).toEqual([]);
  expect((await post('all is well')).status).toBe(200);
  const [seen] = backend.requests;
  expect(seen).toMatchObject({ body: 'all is well', headers: { 'content-length': '11', 'x-a': '1' } });
  expect(seen?.headers).not.toHaveProperty('content-encoding');
  expect(seen?.headers).not.toHaveProperty('digest');
});

test.each([
  ['an encoding nobody here reads', 415, { 'content-encoding': 'zstd' }, zstdCompressSync('bad')],
  ['an encoding that is an inherited name', 415, { 'content-encoding': 'constructor' }, Buffer.from('bad')],
  ['two encodings', 415, { 'content-encoding': 'gzip, gzip' }, gzipSync(gzipSync('bad'))],
  ['two encodings in two fields', 415, { 'content-encoding': ['gzip', 'br'] }, brotliCompressSync(gzipSync('bad'))],
  ['bytes that are not what they say', 400, { 'content-encoding': 'gzip' }, Buffer.from('bad')],
  ['half a stream', 400, { 'content-encoding': 'gzip' }, gzipSync('all is well').subarray(0, 20)],
  ['a bomb', 413, { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(10 * 1024 * 1024 + 1))],
  ['a bomb in br', 413, { 'content-encoding': 'br' }, brotliCompressSync(Buffer.alloc(10 * 1024 * 1024 + 1))],
])('%s is refused: %i', async (_what, status, headers, body) => {
  const { backend, url } = await guarded();
  const refused = await send(url, headers, body);
  expect([refused.status, backend.requests]).toEqual([status, []]);
  expect(refused.headers['accept-encoding']).toBe(status === 415 ? 'gzip, deflate, br' : undefined);
});

test('what is plain stays as it is', async () => {
  const { backend, url } = await guarded();
  await send(url, { 'content-encoding': 'identity' }, Buffer.from('well'));
  await send(url, { 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' }, Buffer.alloc(0));
  expect(backend.requests.map(({ body }) => body)).toEqual(['well', '']);
});

test.each(ENCODERS)('an answer in %s is shown to policies and sent as they saw it', async (coding, encode) => {
  const { url } = await guarded({
    answer: ({ url: asked }, response) => {
      response.writeHead(200, { 'content-encoding': coding, etag: '"1"', 'content-md5': 'x', 'accept-ranges': 'bytes' });
      response.end(encode(asked.endsWith('?bad') ? 'something bad' : 'all is well'));
    },
  });
  expect((await send(`${url}?bad`, {}, null)).body).toBe('hidden');
  const { status, headers, body } = await send(url, {}, null);
  expect([status, body, headers['content-length'], headers['etag']]).toEqual([200, 'all is well', '11', 'W/"1"']);
  for (const gone of ['content-encoding', 'content-md5', 'accept-ranges']) expect(headers).not.toHaveProperty(gone);
});

test.each([
  ['an encoding nobody here reads', 502, 'zstd', zstdCompressSync('bad')],
  ['bytes that are not what they say', 502, 'br', Buffer.from('bad')],
  ['a bomb', 500, 'gzip', gzipSync(Buffer.alloc(10 * 1024 * 1024 + 1))],
])('an answer with %s does not go out: %i', async (_what, status, coding, body) => {
  const { url } = await guarded({
    answer: (_request, response) => void response.writeHead(200, { 'content-encoding': coding }).end(body),
  });
  const refused = await send(url, {}, null);
  expect([refused.status, refused.headers['content-encoding']]).toEqual([status, undefined]);
  expect(refused.body).toContain('"error"');
});

test('upstreams are asked for whole, plain answers when policies read them', async () => {
  const { backend, url } = await guarded();
  await send(url, { 'accept-encoding': 'zstd', range: 'bytes=0-1', 'if-range': '"1"' }, null);
  const headers = backend.requests[0]?.headers;
  expect([headers?.['accept-encoding'], headers?.range, headers?.['if-range']]).toEqual(['identity', undefined, undefined]);
});

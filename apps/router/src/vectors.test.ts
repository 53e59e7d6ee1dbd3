import { readFileSync } from 'node:fs';

import { afterEach, expect, test } from 'vitest';

import { sampleDeployment } from './testing/sample-held.ts';
import { rawRequest } from './testing/start-traffic.ts';
import { target, trafficKit } from './testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

/** One of libs/http1: bytes and what must become of them. */
interface Vector {
  readonly what: string;
  readonly rfc: string;
  readonly bytes: string;
  /** "whole" = a request, "more" = the beginning of one, a number = refused with this status */
  readonly expect: 'whole' | 'more' | number;
}

/** A vector that the conservative engine answers otherwise: llhttp decides before we are asked. */
interface Difference {
  readonly vector: string;
  readonly status: number;
  readonly reason: string;
}

const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
const vectors = (read('../../../libs/http1/testdata/request-heads.json') as Vector[]).filter(({ expect: is }) => is !== 'more');
const differences = read('./known-differences.json') as Difference[];

/** Sent behind each refused vector: whoever goes on after refusing it, or reads it differently, serves this one too. */
const SECOND = 'GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** A whole request, for those vectors that are the head of one with a body. */
function withBody(bytes: string): string {
  const length = /^content-length:\s*(\d+)/im.exec(bytes)?.[1];
  return bytes + (length !== undefined ? 'x'.repeat(Number(length)) : /^transfer-encoding:/im.test(bytes) ? '0\r\n\r\n' : '');
}

/** What becomes of bytes on a connection of their own: the first status (0 = none), and how many requests came through. */
async function outcome(bytes: string, enough?: RegExp): Promise<{ status: number; forwarded: number; closed: boolean }> {
  const backend = await kit.upstream();
  const everything = sampleDeployment({
    context: '',
    upstream: { targets: [target(backend.port)] },
    routes: ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH'].map((method) => ({ method, operationPath: '/*' })),
  });
  const router = await kit.traffic({ entries: [everything] });
  const answer = await rawRequest(router.port, bytes, enough);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
  return { status, forwarded: backend.requests.length, closed: answer.toLowerCase().includes('\r\nconnection: close\r\n') };
}

test.each(vectors)('$what ($rfc)', async ({ what, bytes, expect: expected }) => {
  const difference = kit.engine === 'http-proxy' ? differences.find(({ vector }) => vector === what) : undefined;
  if (difference !== undefined) {
    // One answer, and at most the one request that it is.
    const { status, forwarded } = await outcome(bytes, /\r\n\r\n/);
    expect({ status, forwarded }).toEqual({ status: difference.status, forwarded: 1 });
  } else if (expected === 'whole') {
    const { status, forwarded } = await outcome(withBody(bytes), /\r\n\r\n/);
    // Legal, and forwarded, or not one that this router offers: CONNECT, upgrades, methods without a route.
    if (forwarded === 0) expect([400, 403, 404]).toContain(status);
    else expect({ status, forwarded }).toEqual({ status: 200, forwarded: 1 });
  } else expect(await outcome(bytes + SECOND)).toEqual({ status: expected, forwarded: 0, closed: true });
});

test('a difference that is none any more is taken off the list', () => {
  const known = vectors.map(({ what }) => what);
  expect(differences.filter(({ vector }) => !known.includes(vector))).toEqual([]);
});

import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { ChunkedBody } from './chunked-body.ts';
import { emptyHead, FIELDS_MAX, HEAD_BYTES_MAX, TARGET_BYTES_MAX } from './head.ts';
import { type Parsed, parseRequestHead, parseResponseHead } from './index.ts';

interface Vector<Expected> {
  readonly what: string;
  /** Section of the RFC that says so */
  readonly rfc: string;
  /** One character per byte */
  readonly bytes: string;
  readonly expect: Expected;
}

/** "whole" = parsed to its end, "more" = not whole yet, a number = refused with this status */
type HeadOutcome = 'whole' | 'more' | number;

function vectors<Expected>(file: string): Vector<Expected>[] {
  return JSON.parse(readFileSync(new URL(`../testdata/${file}.json`, import.meta.url), 'utf8')) as Vector<Expected>[];
}

function outcome(parsed: Parsed, length: number): HeadOutcome {
  if (typeof parsed !== 'number') return parsed.status;
  if (parsed === 0) return 'more';
  expect(parsed).toBe(length);
  return 'whole';
}

test.each(vectors<HeadOutcome>('request-heads'))('request: $what ($rfc)', ({ bytes, expect: expected }) => {
  const buffer = Buffer.from(bytes, 'latin1');
  expect(outcome(parseRequestHead(buffer, 0, buffer.length, emptyHead()), buffer.length)).toBe(expected);
  // However the bytes are cut, nothing is whole before its end, and what is refused is never whole.
  for (let end = 0; end < buffer.length; end++) {
    const early = parseRequestHead(buffer, 0, end, emptyHead());
    expect(typeof early === 'number' ? early : early.status).toBe(typeof early === 'number' ? 0 : expected);
  }
});

test.each(vectors<HeadOutcome>('response-heads'))('answer: $what ($rfc)', ({ bytes, expect: expected }) => {
  const buffer = Buffer.from(bytes, 'latin1');
  expect(outcome(parseResponseHead(buffer, 0, buffer.length, emptyHead()), buffer.length)).toBe(expected);
  for (let end = 0; end < buffer.length; end++) {
    const early = parseResponseHead(buffer, 0, end, emptyHead());
    expect(typeof early === 'number' ? early : early.status).toBe(typeof early === 'number' ? 0 : expected);
  }
});

/** The data of a body cut into pieces of this size, `null` = refused, `undefined` = not whole */
function unchunked(bytes: string, piece: number): string | null | undefined {
  const body = new ChunkedBody();
  const buffer = Buffer.from(bytes, 'latin1');
  let data = '';
  for (let from = 0; from < buffer.length && !body.done; from += piece) {
    const to = Math.min(buffer.length, from + piece);
    for (let at = from; at < to && !body.done;) {
      at = body.read(buffer, at, to);
      data += buffer.toString('latin1', body.dataStart, body.dataEnd);
      if (body.fault !== null) return null;
    }
  }
  return body.done ? data : undefined;
}

test.each(vectors<string | null>('chunked-bodies'))('body: $what ($rfc)', ({ bytes, expect: expected }) => {
  for (const piece of [1, 2, 3, 7, bytes.length]) expect(unchunked(bytes, piece)).toBe(expected);
});

test('a body says where it ends: what follows is not read', () => {
  const body = new ChunkedBody();
  const buffer = Buffer.from('2\r\nok\r\n0\r\n\r\nGET / HTTP/1.1');
  let at = 0;
  while (!body.done) at = body.read(buffer, at, buffer.length);
  expect(buffer.toString('latin1', at)).toBe('GET / HTTP/1.1');
});

test.each([
  ['fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(FIELDS_MAX)}\r\n`, 431],
  ['bytes, whole', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'1'.repeat(HEAD_BYTES_MAX)}\r\n\r\n`, 431],
  ['bytes, not whole', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'1'.repeat(HEAD_BYTES_MAX)}`, 431],
  ['a target', `GET /${'a'.repeat(TARGET_BYTES_MAX)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ['a target, not whole', `GET /${'a'.repeat(TARGET_BYTES_MAX)}`, 414],
  ['a method', 'G'.repeat(100), 400],
])('too much: %s', (_what, bytes, status) => {
  const buffer = Buffer.from(bytes);
  expect(outcome(parseRequestHead(buffer, 0, buffer.length, emptyHead()), buffer.length)).toBe(status);
});

test('extensions and trailers are bounded', () => {
  expect(unchunked(`1;${'x'.repeat(600)}\r\na\r\n1;${'x'.repeat(600)}\r\na\r\n0\r\n\r\n`, 100)).toBeNull();
  expect(unchunked(`0\r\n${'X: 1\r\n'.repeat(2000)}\r\n`, 1000)).toBeNull();
});

test('what frames a message is noted', () => {
  const head = emptyHead();
  const post = Buffer.from('POST /p?q HTTP/1.1\r\nHost: a\r\ncOntent-length: 12\r\nConnection: Close , x-Hop\r\n\r\n');
  parseRequestHead(post, 0, post.length, head);
  expect(head).toMatchObject({ method: 'POST', contentLength: 12, close: true, nominates: true, hostField: 0, fieldCount: 3 });
  expect(post.toString('latin1', head.targetStart, head.targetEnd)).toBe('/p?q');
  const get = Buffer.from('GET / HTTP/1.0\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n\r\n');
  parseRequestHead(get, 0, get.length, head);
  expect(head).toMatchObject({ method: 'GET', contentLength: -1, close: false, keepAlive: true, upgrade: true, minor: 0 });
});

import type { IncomingMessage } from 'node:http';

import { parseTarget, type RequestTarget, TARGET_BYTES_MAX } from './request-target.ts';

/** A request that two parsers could read differently is refused and its connection closed, never forwarded. */
export interface Refusal {
  readonly status: 400 | 414 | 415 | 417 | 431;
  /** For the access line; the client gets an empty body */
  readonly reason: string;
}

export interface Admitted {
  readonly target: RequestTarget;
  /** As in the Host header */
  readonly host: string;
}

/** More header fields than this are refused (431). node:http itself bounds the block's bytes. */
export const HEADER_FIELDS_MAX = 128;

/**
 * What node:http's parser (llhttp, strict) lets through and a gateway must not: see "Strictness" in the design of the data
 * plane. Reads `rawHeaders`, where nothing is merged yet.
 */
export function admit(request: IncomingMessage): Admitted | Refusal {
  const { rawHeaders, httpVersionMajor, httpVersionMinor } = request;
  const url = request.url ?? '';
  if (httpVersionMajor !== 1 || httpVersionMinor > 1) return refuse(400, 'unknown HTTP version');
  if (url.length > TARGET_BYTES_MAX) return refuse(414, 'target too long');
  if (rawHeaders.length / 2 > HEADER_FIELDS_MAX) return refuse(431, 'too many header fields');

  const seen = countFraming(rawHeaders);
  if (seen.hosts !== 1) return refuse(400, seen.hosts === 0 ? 'no Host' : 'more than one Host');
  if (!isHost(seen.host)) return refuse(400, 'malformed Host');
  if (seen.lengths > 1 || seen.encodings > 1) return refuse(400, 'repeated framing header');
  if (seen.lengths === 1 && seen.encodings === 1) return refuse(400, 'Content-Length beside Transfer-Encoding');
  if (seen.lengths === 1 && !/^\d{1,15}$/.test(seen.length)) return refuse(400, 'malformed Content-Length');
  if (seen.encodings === 1 && seen.encoding.toLowerCase() !== 'chunked') return refuse(400, 'transfer coding other than chunked');
  if (seen.encodings === 1 && httpVersionMinor === 0) return refuse(400, 'Transfer-Encoding in HTTP/1.0');
  if (seen.expects > 0 && seen.expectation.toLowerCase() !== '100-continue') return refuse(417, 'unknown expectation');

  const target = parseTarget(url);
  if (target === null) return refuse(400, 'malformed target');
  if (target.authority !== null && target.authority.toLowerCase() !== seen.host.toLowerCase()) {
    return refuse(400, 'target and Host disagree');
  }
  return { target, host: seen.host };
}

export function isRefusal(result: Admitted | Refusal): result is Refusal {
  return 'reason' in result;
}

const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(?::\d{1,5})?$/;

/** May this stand in Host, or in :authority? */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

export function refuse(status: Refusal['status'], reason: string): Refusal {
  return { status, reason };
}

function countFraming(rawHeaders: readonly string[]) {
  const seen = {
    hosts: 0,
    host: '',
    lengths: 0,
    length: '',
    encodings: 0,
    encoding: '',
    expects: 0,
    expectation: '',
  };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    // Names of four lengths matter; most are passed over without lower-casing them.
    if (name.length === 4 && name.toLowerCase() === 'host') {
      seen.hosts += 1;
      seen.host = value;
    } else if (name.length === 14 && name.toLowerCase() === 'content-length') {
      seen.lengths += 1;
      seen.length = value;
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      seen.encodings += 1;
      seen.encoding = value;
    } else if (name.length === 6 && name.toLowerCase() === 'expect') {
      seen.expects += 1;
      seen.expectation = value;
    }
  }
  return seen;
}

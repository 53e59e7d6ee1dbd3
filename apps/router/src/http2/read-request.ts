import { HEAD_BYTES_MAX } from '@tidegate/http1';

import type { Admitted, Refusal } from '../listener/strictness.ts';
import { HEADER_FIELDS_MAX, isHost, refuse } from '../listener/strictness.ts';
import { parseTarget, TARGET_BYTES_MAX } from '../listener/request-target.ts';

/** A request of HTTP/2 in the terms of HTTP/1.1, which is what policies and upstreams know. */
export interface Http2Request {
  readonly method: string;
  /** :authority, or Host in its place; "" = neither */
  readonly host: string;
  /** Flat name, value, name, value: Host first, no pseudo-header fields, Cookie in one piece */
  readonly rawHeaders: readonly string[];
  /** `undefined` = absent */
  readonly contentLength: string | undefined;
  readonly expectsContinue: boolean;
  readonly admitted: Admitted | Refusal;
}

/**
 * nghttp2 has refused what RFC 9113 §8 calls malformed (upper case, fields of one connection, pseudo-header fields that are missing,
 * unknown or repeated, lengths that the body does not keep); here is what a gateway refuses beyond it.
 */
export function readRequest(fields: readonly string[]): Http2Request {
  const seen = collect(fields);
  const rawHeaders = ['host', seen.authority ?? seen.hosts[0] ?? '', ...seen.kept];
  if (seen.cookies.length > 0) rawHeaders.push('cookie', seen.cookies.join('; '));
  return {
    method: seen.method,
    host: rawHeaders[1] as string,
    rawHeaders,
    contentLength: seen.lengths[0],
    expectsContinue: seen.expectations.length > 0,
    admitted: admit(seen, fields),
  };
}

interface Seen {
  method: string;
  path: string;
  scheme: string;
  authority: string | undefined;
  readonly hosts: string[];
  readonly lengths: string[];
  readonly expectations: string[];
  readonly cookies: string[];
  contentType: string;
  readonly kept: string[];
}

function collect(fields: readonly string[]): Seen {
  const seen: Seen = {
    method: '',
    path: '',
    scheme: '',
    authority: undefined,
    hosts: [],
    lengths: [],
    expectations: [],
    cookies: [],
    contentType: '',
    kept: [],
  };
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    const value = fields[index + 1] as string;
    if (name === ':method') seen.method = value;
    else if (name === ':path') seen.path = value;
    else if (name === ':scheme') seen.scheme = value;
    else if (name === ':authority') seen.authority = value;
    else if (name === 'host') seen.hosts.push(value);
    // RFC 9113 §8.2.3: crumbs are put together for whoever does not speak HTTP/2.
    else if (name === 'cookie') seen.cookies.push(value);
    else {
      if (name === 'content-length') seen.lengths.push(value);
      if (name === 'content-type') seen.contentType = value;
      if (name === 'expect') seen.expectations.push(value);
      seen.kept.push(name, value);
    }
  }
  return seen;
}

function admit(seen: Seen, fields: readonly string[]): Admitted | Refusal {
  const host = seen.authority ?? seen.hosts[0];
  if (fields.length / 2 > HEADER_FIELDS_MAX) return refuse(431, 'too many header fields');
  if (fields.reduce((bytes, text) => bytes + text.length, 0) > HEAD_BYTES_MAX + TARGET_BYTES_MAX) {
    return refuse(431, 'header block too large');
  }
  if (seen.path.length > TARGET_BYTES_MAX) return refuse(414, 'target too long');
  if (host === undefined) return refuse(400, 'no Host');
  if (!isHost(host)) return refuse(400, 'malformed Host');
  // RFC 9113 §8.3.1: two names for one request are two requests to whoever reads only one of them.
  if (seen.hosts.some((other) => other.toLowerCase() !== host.toLowerCase())) return refuse(400, 'target and Host disagree');
  if (seen.hosts.length > 1) return refuse(400, 'more than one Host');
  if (seen.scheme !== 'http' && seen.scheme !== 'https') return refuse(400, 'malformed target');
  if (seen.lengths.length > 1) return refuse(400, 'repeated framing header');
  if (seen.lengths.some((length) => !/^\d{1,15}$/.test(length))) return refuse(400, 'malformed Content-Length');
  if (seen.expectations.some((text) => text.toLowerCase() !== '100-continue')) return refuse(417, 'unknown expectation');
  // It needs trailers, and an upstream that speaks HTTP/2: better no than half of it. gRPC-Web needs neither.
  if (GRPC.test(seen.contentType)) return refuse(415, 'grpc is not spoken');
  const target = seen.path.startsWith('/') ? parseTarget(seen.path) : null;
  return target === null ? refuse(400, 'malformed target') : { target, host };
}

const GRPC = /^application\/grpc(?:$|[+; ])/i;

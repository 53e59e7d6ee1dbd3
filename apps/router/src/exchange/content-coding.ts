import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib';

import type { AnswerView } from './answer-view.ts';
import type { RunningExchange } from './running-exchange.ts';

/** A body as policies see it: never one that is still encoded. */
export type PlainBody =
  | { readonly is: 'plain'; readonly bytes: Uint8Array; readonly decoded: boolean }
  /** Larger than DECODED_BYTES_MAX without its encoding */
  | { readonly is: 'too-large' }
  /** An encoding that is not in CODINGS, or several */
  | { readonly is: 'unknown-coding' }
  /** Not what its encoding says */
  | { readonly is: 'malformed' };

/** Data-plane reference §2.2; also what bounds a zip bomb. */
export const DECODED_BYTES_MAX = 10 * 1024 * 1024;

const CODINGS = new Map<string, (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer>>([
  ['gzip', promisify<Uint8Array, ZlibOptions, Buffer>(gunzip)],
  ['x-gzip', promisify<Uint8Array, ZlibOptions, Buffer>(gunzip)],
  ['deflate', promisify<Uint8Array, ZlibOptions, Buffer>(inflate)],
  ['br', promisify<Uint8Array, ZlibOptions, Buffer>(brotliDecompress)],
]);

/** Value of `accept-encoding` beside a 415 (RFC 9110 §15.5.16). */
export const ACCEPTED_CODINGS = 'gzip, deflate, br';

/** Undoes `contentEncoding`, away from the event loop. Never throws. */
export async function plainBody(bytes: Uint8Array, contentEncoding: string | undefined): Promise<PlainBody> {
  const codings = codingsOf(contentEncoding);
  const [coding] = codings;
  if (coding === undefined || bytes.byteLength === 0) return { is: 'plain', bytes, decoded: false };
  const decode = CODINGS.get(coding);
  if (decode === undefined || codings.length > 1) return { is: 'unknown-coding' };
  try {
    return { is: 'plain', bytes: await decode(bytes, { maxOutputLength: DECODED_BYTES_MAX }), decoded: true };
  } catch (error) {
    return { is: isTooLarge(error) ? 'too-large' : 'malformed' };
  }
}

function codingsOf(contentEncoding: string | undefined): string[] {
  if (contentEncoding === undefined) return [];
  const codings = contentEncoding.split(',').map((coding) => coding.trim().toLowerCase());
  return codings.filter((coding) => coding !== '' && coding !== 'identity');
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

/** What was said about the bytes that do not go on. */
const ABOUT_THE_CODING = ['content-encoding', 'content-md5', 'content-digest', 'repr-digest', 'digest'];

/** The request goes up as policies saw it: what they have read is what the upstream reads. */
export function forwardDecoded(exchange: RunningExchange): void {
  for (const name of ABOUT_THE_CODING) exchange.removeUpstreamHeader(name);
}

/** The answer goes out as policies saw it; its validator is no longer that of these bytes (RFC 9110 §8.8.1). */
export function answerDecoded(view: AnswerView): void {
  for (const name of [...ABOUT_THE_CODING, 'accept-ranges']) view.removeHeader(name);
  const etag = view.header('etag');
  if (etag?.startsWith('"') === true) view.setHeader('etag', `W/${etag}`);
}

/** Policies see answers whole and plain: a part (RFC 9110 §14) would pass them piece by piece, a rare encoding could not be read. */
export function askForPlainAnswer(exchange: RunningExchange): void {
  exchange.setUpstreamHeader('accept-encoding', 'identity');
  exchange.removeUpstreamHeader('range');
  exchange.removeUpstreamHeader('if-range');
}

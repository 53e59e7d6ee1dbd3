import { CLASS, COLON, CR, HOST_NAME, LF, SP, spells, TARGET } from './bytes.ts';
import { FAULTS } from './fault.ts';
import { clearFields, type Head, HEAD_BYTES_MAX, TARGET_BYTES_MAX } from './head.ts';
import { type Parsed, parseFields } from './parse-fields.ts';

/**
 * Reads one request head from `start` on. A number above 0 is where its body begins, 0 means that the head is not whole yet, a
 * fault that nothing of it may be forwarded. `head` is filled; on 0 and on a fault its content means nothing.
 *
 * The method may be any short word of capitals; which are served is for the caller. The target has origin or
 * absolute form, in visible ASCII; what it means is for the caller too.
 */
export function parseRequestHead(bytes: Uint8Array, start: number, end: number, head: Head): Parsed {
  const parsed = parseAll(bytes, start, end, head);
  if (parsed === 0) return end - start > HEAD_BYTES_MAX ? FAULTS.headTooLarge : 0;
  return typeof parsed === 'number' && parsed - start > HEAD_BYTES_MAX ? FAULTS.headTooLarge : parsed;
}

function parseAll(bytes: Uint8Array, start: number, end: number, head: Head): Parsed {
  let at = start;
  // RFC 9112 §2.2: an empty line before the request line is to be ignored. One, not a stream of them.
  if (at < end && bytes[at] === CR) {
    if (at + 1 >= end) return 0;
    if (bytes[at + 1] !== LF) return FAULTS.requestLine;
    at += 2;
  }
  const methodStart = at;
  while (at < end && isCapital(bytes[at] as number)) at++;
  if (at >= end) return at - methodStart > METHOD_BYTES_MAX ? FAULTS.requestLine : 0;
  if (bytes[at] !== SP || at === methodStart || at - methodStart > METHOD_BYTES_MAX) return FAULTS.requestLine;
  const methodEnd = at;
  at++;
  const targetStart = at;
  while (at < end && ((CLASS[bytes[at] as number] as number) & TARGET) !== 0) at++;
  if (at - targetStart > TARGET_BYTES_MAX) return FAULTS.targetTooLong;
  if (at >= end) return 0;
  const targetEnd = at;
  if (bytes[at] !== SP || !isTarget(bytes, targetStart, targetEnd)) return FAULTS.requestLine;
  at++;
  // "HTTP/1.1" CR LF
  for (let index = 0; index < VERSION.length; index++, at++) {
    if (at >= end) return 0;
    if (bytes[at] !== VERSION.charCodeAt(index)) return FAULTS.version;
  }
  if (at + 2 >= end) return 0;
  const minor = (bytes[at] as number) - 0x30;
  if (minor !== 0 && minor !== 1) return FAULTS.version;
  if (bytes[at + 1] !== CR || bytes[at + 2] !== LF) return FAULTS.lineEnd;

  head.method = methodOf(bytes, methodStart, methodEnd);
  head.targetStart = targetStart;
  head.targetEnd = targetEnd;
  head.status = 0;
  head.minor = minor;
  clearFields(head);
  const parsed = parseFields(bytes, at + 3, end, head);
  return typeof parsed === 'number' && parsed > 0 && head.hostField < 0 ? FAULTS.noHost : parsed;
}

const VERSION = 'HTTP/1.';
const METHOD_BYTES_MAX = 24;

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/** "/…" or "http(s)://…" (RFC 9112 §3.2); CONNECT's authority and the asterisk are not for a gateway. */
function isTarget(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] === SLASH) return true;
  if (spells(bytes, start, Math.min(end, start + 7), 'http://')) return isAuthority(bytes, start + 7, end);
  return spells(bytes, start, Math.min(end, start + 8), 'https://') && isAuthority(bytes, start + 8, end);
}

/** Up to the path or the query; whether it is the Host is for the caller. */
function isAuthority(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] !== SLASH && bytes[at] !== QUESTION) {
    const byte = bytes[at] as number;
    if (((CLASS[byte] as number) & HOST_NAME) === 0 && byte !== COLON && byte !== 0x5b && byte !== 0x5d) return false;
    at++;
  }
  return at > start;
}

const SLASH = 0x2f;
const QUESTION = 0x3f;

/** The usual ones are strings that exist already. */
function methodOf(bytes: Uint8Array, start: number, end: number): string {
  for (const known of COMMON) {
    if (known.length !== end - start) continue;
    let index = 0;
    while (index < known.length && bytes[start + index] === known.charCodeAt(index)) index++;
    if (index === known.length) return known;
  }
  return String.fromCharCode(...bytes.subarray(start, end));
}

const COMMON = ['GET', 'POST', 'PUT', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'];

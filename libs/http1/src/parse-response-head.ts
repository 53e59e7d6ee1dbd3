import { CLASS, CR, LF, SP, TEXT } from './bytes.ts';
import { FAULTS } from './fault.ts';
import { clearFields, type Head, HEAD_BYTES_MAX } from './head.ts';
import { type Parsed, parseFields } from './parse-fields.ts';

/** Reads one response head; what it answers is as with parseRequestHead. Interim answers (1xx) are heads like others. */
export function parseResponseHead(bytes: Uint8Array, start: number, end: number, head: Head): Parsed {
  const parsed = parseAll(bytes, start, end, head);
  if (parsed === 0) return end - start > HEAD_BYTES_MAX ? FAULTS.headTooLarge : 0;
  return typeof parsed === 'number' && parsed - start > HEAD_BYTES_MAX ? FAULTS.headTooLarge : parsed;
}

function parseAll(bytes: Uint8Array, start: number, end: number, head: Head): Parsed {
  let at = start;
  for (let index = 0; index < VERSION.length; index++, at++) {
    if (at >= end) return 0;
    if (bytes[at] !== VERSION.charCodeAt(index)) return FAULTS.version;
  }
  // "1 200" and one byte that says whether there is a reason
  if (at + 5 >= end) return 0;
  const minor = (bytes[at] as number) - 0x30;
  if (minor !== 0 && minor !== 1) return FAULTS.version;
  const status = threeDigits(bytes, at + 2);
  if (bytes[at + 1] !== SP || status < 100) return FAULTS.statusLine;
  at += 5;
  // RFC 9112 §4: the space is due even when the reason is empty; servers that leave it out are understood by everyone alike.
  if (bytes[at] === SP) at++;
  else if (bytes[at] !== CR) return FAULTS.statusLine;
  const reasonStart = at;
  while (at < end && ((CLASS[bytes[at] as number] as number) & TEXT) !== 0) at++;
  if (at + 1 >= end) return at < end && bytes[at] !== CR ? FAULTS.statusLine : 0;
  if (bytes[at] !== CR || bytes[at + 1] !== LF) return FAULTS.statusLine;

  head.method = '';
  head.status = status;
  head.minor = minor;
  head.reasonStart = reasonStart;
  head.reasonEnd = at;
  clearFields(head);
  return parseFields(bytes, at + 2, end, head);
}

const VERSION = 'HTTP/1.';

/** -1 = not three digits */
function threeDigits(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let index = at; index < at + 3; index++) {
    const digit = (bytes[index] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

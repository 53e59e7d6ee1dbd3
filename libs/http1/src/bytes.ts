/** Classes of bytes, one look-up each. Grammar of RFC 9110 §5.6.2 (token) and §5.5 (field-value), RFC 3986 (target, host). */
export const TOKEN = 1;
/** HTAB, SP, visible ASCII and obs-text: what a value or reason may consist of */
export const TEXT = 2;
/** Visible ASCII but "#": what a request target may consist of; no fragment travels */
export const TARGET = 4;
/** Of a host in brackets or not, without the port */
export const HOST_NAME = 8;
export const HEX = 16;

export const CLASS = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const char = String.fromCharCode(byte);
  if (byte === 0x09 || (byte >= 0x20 && byte !== 0x7f)) mark(byte, TEXT);
  if (byte > 0x20 && byte < 0x7f && char !== '#') mark(byte, TARGET);
  if (/[A-Za-z0-9!#$%&'*+\-.^_`|~]/.test(char)) mark(byte, TOKEN);
  if (/[A-Za-z0-9._~!$&'()*+,;=%-]/.test(char)) mark(byte, HOST_NAME);
  if (/[0-9A-Fa-f]/.test(char)) mark(byte, HEX);
}

export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;
export const COLON = 0x3a;

/** Do the bytes from `at` to `end` spell this lower-case word, in any case? */
export function spells(bytes: Uint8Array, at: number, end: number, word: string): boolean {
  const length = end - at;
  if (length !== word.length) return false;
  for (let index = 0; index < length; index++) {
    const byte = bytes[at + index] as number;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (lower !== word.charCodeAt(index)) return false;
  }
  return true;
}

/** A number of 1 to 15 plain digits, or -1. Fifteen digits stay exact. */
export function plainNumber(bytes: Uint8Array, at: number, end: number): number {
  if (end === at || end - at > 15) return -1;
  let value = 0;
  for (let index = at; index < end; index++) {
    const digit = (bytes[index] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function mark(byte: number, kind: number): void {
  CLASS[byte] = (CLASS[byte] as number) | kind;
}

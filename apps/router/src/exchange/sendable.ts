import { validateHeaderName, validateHeaderValue } from 'node:http';

/** Throws for a field that cannot be sent. Node's own checks are asked only about what is not plainly fine. */
export function assertSendable(name: string, value: string): void {
  if (!LOWER.has(name) && !isPlain(name, TOKEN)) validateHeaderName(name);
  if (!isPlain(value, VISIBLE)) validateHeaderValue(name, value);
}

/** Of a field name. Policies use few of them, again and again. */
export function lowerCase(name: string): string {
  const known = LOWER.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  if (LOWER.size < LOWER_MAX && isPlain(name, TOKEN)) LOWER.set(name, lower);
  return lower;
}

/** Names that can be sent, as they were spelt, and in lower case */
const LOWER = new Map<string, string>();
const LOWER_MAX = 1000;

function isPlain(text: string, allowed: Uint8Array): boolean {
  // Asked once: strings come in many representations, and where all of them pass their length is no plain load.
  const { length } = text;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7e || allowed[code] === 0) return false;
  }
  return length > 0;
}

const TOKEN = new Uint8Array(127);
const VISIBLE = new Uint8Array(127);
for (let code = 0x20; code < 0x7f; code++) {
  VISIBLE[code] = 1;
  if (/[A-Za-z0-9-]/.test(String.fromCharCode(code))) TOKEN[code] = 1;
}

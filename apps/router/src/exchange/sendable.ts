import { validateHeaderName, validateHeaderValue } from 'node:http';

/** Throws for a field that cannot be sent. Node's own checks are asked only about what is not plainly fine. */
export function assertSendable(name: string, value: string): void {
  if (!isPlain(name, TOKEN)) validateHeaderName(name);
  if (!isPlain(value, VISIBLE)) validateHeaderValue(name, value);
}

function isPlain(text: string, allowed: Uint8Array): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7e || allowed[code] === 0) return false;
  }
  return text.length > 0;
}

const TOKEN = new Uint8Array(127);
const VISIBLE = new Uint8Array(127);
for (let code = 0x20; code < 0x7f; code++) {
  VISIBLE[code] = 1;
  if (/[A-Za-z0-9-]/.test(String.fromCharCode(code))) TOKEN[code] = 1;
}

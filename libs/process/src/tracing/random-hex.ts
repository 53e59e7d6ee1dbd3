import { randomFillSync } from 'node:crypto';

/**
 * So many random hexadecimal digits. Random bytes are drawn and spelt in bulk: a call into the runtime for each id would cost more
 * than the rest of making it.
 */
export function randomHex(digits: number): string {
  if (used + digits > text.length) {
    randomFillSync(pool);
    text = pool.toString('hex');
    used = 0;
  }
  used += digits;
  return text.slice(used - digits, used);
}

/** No larger: a piece that is kept keeps the whole text */
const pool = Buffer.alloc(4096);
let text = '';
let used = 0;

import { createHash, timingSafeEqual } from 'node:crypto';

/** Equality of two secrets in a time that does not depend on where they differ. */
export function sameText(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

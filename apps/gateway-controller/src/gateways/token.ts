import { hash, randomBytes } from 'node:crypto';

/** 256 random bits with a prefix that says what it is: `tgj_…` join token, `tgn_…` node credential, `tgs_…` session. */
export function newToken(prefix: 'tgj' | 'tgn' | 'tgs'): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

/** What is stored of a token: 32 bytes. A plain SHA-256 is enough for 256 random bits. */
export function tokenDigest(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

import { createHash } from 'node:crypto';

/** Name-based UUID in the DNS namespace (RFC 9562 §5.5). */
export function uuidV5Dns(name: string): string {
  const digest = createHash('sha1').update(DNS_NAMESPACE).update(name, 'utf8').digest().subarray(0, 16);
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const DNS_NAMESPACE = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex');

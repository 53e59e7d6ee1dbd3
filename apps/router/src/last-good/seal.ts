import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

/**
 * A sealed file: magic, length of the header (4 bytes), header (JSON, in clear), tag, ciphertext.
 *
 * AES-256-GCM under HKDF-SHA-256(node credential, random salt), with the whole header as additional data: a copy of another
 * gateway, or one relabelled to another epoch, does not open.
 */
export interface SealHeader {
  readonly gatewayId: string;
  readonly epoch: number;
  readonly version: number;
}

/**
 * The parts of a file with what `payload` yields sealed in it. Lets requests through between one piece and the next: a table of
 * 50 000 routes takes tens of milliseconds to encode and encrypt.
 */
export async function seal(header: SealHeader, payload: Iterable<Uint8Array>, credential: string): Promise<Uint8Array[]> {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const text = Buffer.from(JSON.stringify({ ...header, salt: salt.toString('base64'), iv: iv.toString('base64') }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const clear = Buffer.concat([MAGIC, length, text]);

  const cipher = createCipheriv('aes-256-gcm', deriveKey(credential, salt), iv);
  cipher.setAAD(clear);
  const sealed: Buffer[] = [];
  for (const piece of payload) {
    sealed.push(cipher.update(piece));
    await setImmediate();
  }
  sealed.push(cipher.final());
  return [clear, cipher.getAuthTag(), ...sealed];
}

/** The payload, or `null` when the file is not ours, damaged, of another gateway, or sealed under none of the credentials. */
export function unseal(
  file: Buffer,
  { gatewayId, credentials }: { gatewayId: string; credentials: readonly string[] },
): Buffer | null {
  const parsed = parseFile(file);
  if (parsed === null || parsed.header.gatewayId !== gatewayId) return null;
  for (const credential of credentials) {
    const payload = decrypt(parsed, credential);
    if (payload !== null) return payload;
  }
  return null;
}

const MAGIC = Buffer.from('TIDEGATE-LAST-GOOD-1\n');
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;

interface ParsedFile {
  readonly header: SealHeader;
  readonly salt: Buffer;
  readonly iv: Buffer;
  readonly clear: Buffer;
  readonly tag: Buffer;
  readonly sealed: Buffer;
}

function parseFile(file: Buffer): ParsedFile | null {
  const headerAt = MAGIC.length + 4;
  if (file.length < headerAt || !file.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const tagAt = headerAt + file.readUInt32BE(MAGIC.length);
  if (file.length < tagAt + TAG_BYTES) return null;
  try {
    // Not trusted before the tag is checked; only used to find the key.
    const header = JSON.parse(file.toString('utf8', headerAt, tagAt)) as SealHeader & { salt: string; iv: string };
    return {
      header,
      salt: Buffer.from(header.salt, 'base64'),
      iv: Buffer.from(header.iv, 'base64'),
      clear: file.subarray(0, tagAt),
      tag: file.subarray(tagAt, tagAt + TAG_BYTES),
      sealed: file.subarray(tagAt + TAG_BYTES),
    };
  } catch {
    return null;
  }
}

function decrypt({ salt, iv, clear, tag, sealed }: ParsedFile, credential: string): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', deriveKey(credential, salt), iv);
    decipher.setAAD(clear);
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  } catch {
    return null;
  }
}

function deriveKey(credential: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', credential, salt, 'tidegate last-good', 32));
}

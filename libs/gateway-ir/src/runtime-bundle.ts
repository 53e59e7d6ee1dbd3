import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** What a release says of its bundle; these bytes are signed, and name the bundle by its hash. */
export interface BundleManifest {
  readonly kind: 'tidegate-router-runtime';
  /** MAJOR.MINOR.PATCH */
  readonly version: string;
  /** Of the bundle as it travels (gzip), lower-case hex */
  readonly sha256: string;
  readonly bytes: number;
}

export interface SignedBundle {
  /** JSON of a BundleManifest, exactly as it was signed */
  readonly manifest: Uint8Array;
  /** Ed25519 over `manifest` */
  readonly signature: Uint8Array;
  readonly bundle: Uint8Array;
}

export type JudgedBundle =
  | { readonly ok: true; readonly manifest: BundleManifest }
  | { readonly ok: false; readonly code: 'wrong_signature' | 'malformed_manifest' | 'wrong_content'; readonly message: string };

/** Of a bundle, gzipped */
export const BUNDLE_BYTES_MAX = 16 * 1024 * 1024;
export const RUNTIME_VERSION_PATTERN = /^\d{1,5}\.\d{1,5}\.\d{1,5}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Whether somebody who holds the private key meant exactly this bundle. Nothing of the manifest is read before its signature is right.
 * Both planes ask: the controller to refuse early, a router because it runs the code and trusts nobody else about it.
 */
export function judgeBundle({ manifest, signature, bundle }: SignedBundle, key: KeyObject): JudgedBundle {
  if (!isSigned(manifest, signature, key))
    return { ok: false, code: 'wrong_signature', message: 'The manifest is not signed with the trusted key' };
  const read = readManifest(manifest);
  if (read === null) return { ok: false, code: 'malformed_manifest', message: 'The manifest is not one of a router runtime' };
  if (bundle.length !== read.bytes || createHash('sha256').update(bundle).digest('hex') !== read.sha256)
    return { ok: false, code: 'wrong_content', message: 'The bundle is not the one that was signed' };
  return { ok: true, manifest: read };
}

/** An Ed25519 public key: PEM, or its SPKI as base64 on one line. @throws Error for anything else */
export function runtimeKey(text: string): KeyObject {
  const key = text.includes('-----BEGIN')
    ? createPublicKey(text)
    : createPublicKey({ key: Buffer.from(text.trim(), 'base64'), format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('must be an Ed25519 public key');
  return key;
}

/** -1, 0 or 1, number by number. What is no version comes before every one. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let index = 0; index < 3; index += 1) {
    const order = Math.sign((left[index] ?? -1) - (right[index] ?? -1));
    if (order !== 0) return order;
  }
  return 0;
}

function numbersOf(version: string): number[] {
  return RUNTIME_VERSION_PATTERN.test(version) ? version.split('.').map(Number) : [];
}

function isSigned(manifest: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  try {
    return verify(null, manifest, key, signature);
  } catch {
    return false; // a signature of another length
  }
}

function readManifest(bytes: Uint8Array): BundleManifest | null {
  try {
    const { kind, version, sha256, bytes: size } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>; // fields are checked below
    if (kind !== 'tidegate-router-runtime' || typeof version !== 'string' || !RUNTIME_VERSION_PATTERN.test(version)) return null;
    if (typeof sha256 !== 'string' || !SHA256.test(sha256)) return null;
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > BUNDLE_BYTES_MAX) return null;
    return { kind, version, sha256, bytes: size };
  } catch {
    return null;
  }
}

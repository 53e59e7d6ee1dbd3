import { createHash, type KeyObject, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { BUNDLE_BYTES_MAX, type BundleManifest, RUNTIME_VERSION_PATTERN } from '@tidegate/gateway-ir';

/** What POST /runtime-releases takes, as base64. */
export interface SignedRelease {
  readonly manifest: string;
  readonly signature: string;
  readonly bundle: string;
}

/** Stamps the code with its version, packs it and signs what names it. @throws Error for a version that is none, or code too large */
export function signRelease(code: string, version: string, key: KeyObject): SignedRelease {
  if (!RUNTIME_VERSION_PATTERN.test(version)) throw new Error(`A version is MAJOR.MINOR.PATCH, not '${version}'`);
  const bundle = gzipSync(`globalThis.TIDEGATE_RUNTIME_VERSION = ${JSON.stringify(version)};\n${code}`, { level: 9 });
  if (bundle.length > BUNDLE_BYTES_MAX) throw new Error(`The bundle has ${bundle.length} bytes; ${BUNDLE_BYTES_MAX} are allowed`);
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  const manifest: BundleManifest = { kind: 'tidegate-router-runtime', version, sha256, bytes: bundle.length };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return {
    manifest: bytes.toString('base64'),
    signature: sign(null, bytes, key).toString('base64'),
    bundle: bundle.toString('base64'),
  };
}

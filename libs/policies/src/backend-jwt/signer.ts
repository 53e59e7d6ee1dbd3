import { createPrivateKey, type KeyObject, sign } from 'node:crypto';

import { z } from 'zod';

import { duration, lowerKeys } from '../jwt-auth/settings.ts';

type Algorithm = 'RS256' | 'RS384' | 'RS512' | 'ES256';

/** Both spellings that WSO2's gateway had. An unsigned token ("NONE") vouches for nothing and is not made. */
const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  RS256: 'RS256',
  RS384: 'RS384',
  RS512: 'RS512',
  ES256: 'ES256',
  SHA256withRSA: 'RS256',
  SHA384withRSA: 'RS384',
  SHA512withRSA: 'RS512',
  SHA256withECDSA: 'ES256',
};

/** `[policy_configurations.backendjwt_v1]`, names in any case. */
export const backendJwtSettings = z.preprocess(
  lowerKeys,
  z.object({
    /** A PEM, or a file that holds one and is read when an API is built */
    signingkey: z.union([z.object({ inline: z.string().min(1) }), z.object({ path: z.string().min(1) })]),
    algorithm: z
      .string()
      .default('RS256')
      .refine((name) => Object.hasOwn(ALGORITHMS, name), 'RS256, RS384, RS512 or ES256'),
    issuer: z.string().min(1).default('tidegate'),
    tokenexpiry: duration.prefault('15m'),
  }),
);

/** Signs a payload as a compact JWS. Throws now when the key does not fit the algorithm or is weak (RFC 7518 §3.3). */
export function signer(pem: string, name: string): (payload: object) => string {
  const algorithm = ALGORITHMS[name] as Algorithm; // the settings refuse others
  const key = createPrivateKey(pem);
  if (!fits(key, algorithm)) throw new Error(`the signing key does not fit ${algorithm}, or is too short`);
  const header = base64url({ alg: algorithm, typ: 'JWT' });
  const digest = `sha${algorithm.slice(2)}`;
  return (payload) => {
    const text = `${header}.${base64url(payload)}`;
    return `${text}.${sign(digest, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
}

function fits({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, algorithm: Algorithm): boolean {
  if (algorithm === 'ES256') return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1';
  return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

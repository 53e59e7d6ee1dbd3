import { hash } from 'node:crypto';

import { decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';

import type { KeySet, VerificationKey } from './key-set.ts';
import type { JwtSettings, KeyManager } from './settings.ts';

export interface Source {
  readonly manager: KeyManager;
  readonly keys: KeySet;
}

export interface Verified {
  readonly payload: JWTPayload;
  readonly manager: KeyManager;
}

/** `null` = not a token to rely on, for whatever reason. Synchronous for a token seen lately. */
export type VerifyToken = (token: string) => Verified | null | Promise<Verified | null>;

/** Longer ones are refused before anything is decoded. */
const TOKEN_MAX = 16_384;
const CACHE_MAX = 10_000;
/** A kid is looked up, never used as a path or a query; still it has a bound. */
const KID_MAX = 1024;

/**
 * Signature, algorithm, issuer and times of a token. Which algorithms a key may be used with follows from the key alone, so `none`
 * and an HMAC made with a public key find nothing to verify with. Verdicts are remembered by digest, positive ones only, and count
 * only while the same key is still in the set and the token has not expired.
 */
export function tokenVerifier(
  sources: readonly Source[],
  { leeway, validateissuer }: JwtSettings,
  now: () => number,
): VerifyToken {
  const seen = new Map<string, Verified & { readonly key: VerificationKey; readonly keys: KeySet }>();

  const verify = async (token: string): Promise<Verified | null> => {
    const claimed = claimedBy(token);
    if (claimed === null) return null;
    for (const { manager, keys } of sources) {
      if (validateissuer && manager.issuer !== '' && manager.issuer !== claimed.issuer) continue;
      const key = await keys.find(claimed.kid);
      if (key === null) continue;
      const payload = await verified(token, key);
      if (payload === null) continue;
      if (seen.size >= CACHE_MAX) seen.clear();
      seen.set(digest(token), { payload, manager, key, keys });
      return { payload, manager };
    }
    return null;
  };
  const verified = (token: string, { key, algorithms }: VerificationKey): Promise<JWTPayload | null> =>
    jwtVerify(token, key, { algorithms: [...algorithms], clockTolerance: leeway / 1000, currentDate: new Date(now()) }).then(
      ({ payload }) => payload,
      () => null,
    );

  return (token) => {
    if (token.length > TOKEN_MAX) return null;
    const known = seen.get(digest(token));
    if (known === undefined || known.keys.find(known.key.kid) !== known.key) return verify(token);
    const { exp } = known.payload;
    return exp === undefined || exp * 1000 + leeway > now() ? known : null;
  };
}

function digest(token: string): string {
  return hash('sha256', token, 'base64');
}

/** What a token says of itself, before anything is believed. */
function claimedBy(token: string): { kid: string; issuer: string | undefined } | null {
  try {
    // Without a kid only certificates can be asked, which have none.
    const { kid = '' } = decodeProtectedHeader(token);
    if (typeof kid !== 'string' || kid.length > KID_MAX) return null;
    return { kid, issuer: decodeJwt(token).iss };
  } catch {
    return null;
  }
}

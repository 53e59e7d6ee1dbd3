import { createPublicKey, type KeyObject } from 'node:crypto';

import type { HttpCalls } from '@tidegate/policy-sdk';
import { z } from 'zod';

import type { KeyManager } from './settings.ts';

/** A key that may verify signatures of exactly one family of algorithms. */
export interface VerificationKey {
  readonly kid: string;
  readonly key: KeyObject;
  readonly algorithms: readonly string[];
}

export interface KeySet {
  /** The key of that id, or `null`. At once when it is known; a promise only while a set is being fetched that may hold it. */
  find(kid: string): VerificationKey | null | Promise<VerificationKey | null>;
}

export interface RemoteOptions {
  readonly http: HttpCalls;
  readonly now: () => number;
  readonly ttlMs: number;
  readonly timeoutMs: number;
  /** Told about a fetch that failed; the keys known until then go on being used */
  readonly onFailure: (reason: string) => void;
}

/** An unknown kid may cause a fetch this often: strangers cannot make a router hammer the server (invariant 9). */
const REFETCH_EVERY_MS = 10_000;
const JWKS_BYTES_MAX = 1_048_576;
const KEYS_MAX = 200;

/**
 * Keys of a remote set. Once there are keys, a refresh never blocks a request: stale ones are used while it runs, and when it fails
 * (stale if error). Only a kid that is not known waits for a fetch, and only if none was made lately.
 */
export function remoteKeySet({ uri, certificatepath, skiptlsverify }: RemoteSource, options: RemoteOptions): KeySet {
  const { http, now, ttlMs, timeoutMs, onFailure } = options;
  let keys: ReadonlyMap<string, VerificationKey> | null = null;
  let fetchedAtMs = -Infinity;
  let triedAtMs = -Infinity;
  let fetching: Promise<void> | null = null;

  const fetchKeys = async (): Promise<void> => {
    try {
      const answer = await http.send({
        method: 'GET',
        url: uri,
        headers: { accept: 'application/json' },
        body: null,
        timeoutMs,
        bytesMax: JWKS_BYTES_MAX,
        tls: { skipVerify: skiptlsverify, caFile: certificatepath },
      });
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      keys = parseKeys(Buffer.from(answer.body).toString('utf8'));
      fetchedAtMs = now();
    } catch (error) {
      onFailure(error instanceof Error ? error.message : String(error));
    }
  };
  const refresh = (): Promise<void> => {
    triedAtMs = now();
    fetching ??= fetchKeys().finally(() => {
      fetching = null;
    });
    return fetching;
  };

  return {
    find(kid) {
      const mayTry = now() - triedAtMs >= REFETCH_EVERY_MS;
      const known = keys?.get(kid);
      if (known !== undefined) {
        if (now() - fetchedAtMs > ttlMs && mayTry) void refresh();
        return known;
      }
      if (!mayTry && fetching === null) return null;
      return (fetching ?? refresh()).then(() => keys?.get(kid) ?? null);
    },
  };
}

type RemoteSource = Extract<KeyManager['jwks'], { remote: unknown }>['remote'];

/**
 * Of a JWKS one set, whose keys are found by kid; of PEM (certificates, public keys) one set each, which answers every kid: there is
 * none in a certificate. Throws on text that holds no key to verify with: the API is then rejected.
 */
export function localKeySets(text: string): KeySet[] {
  const pems = text.match(PEM);
  if (pems === null) {
    const keys = parseKeys(text);
    return [{ find: (kid) => keys.get(kid) ?? null }];
  }
  return pems.map((pem) => {
    const key = createPublicKey(pem);
    const algorithms = algorithmsOf(key);
    if (algorithms.length === 0)
      throw new Error('a certificate whose key cannot verify tokens: RSA of 2048 bits or more, or P-256');
    const known = { kid: '', key, algorithms };
    return { find: () => known };
  });
}

/** Never a private key: who can read it could sign. */
const PEM = /-----BEGIN (CERTIFICATE|PUBLIC KEY)-----[\s\S]+?-----END \1-----/g;

const jwks = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(KEYS_MAX) });
const usable = z.object({ kid: z.string().min(1).max(1024), use: z.literal('sig').optional(), alg: z.string().optional() });

/** Keys without kid, for encryption, symmetric, weak or unreadable ones are left out. Throws if it is no key set at all. */
function parseKeys(text: string): ReadonlyMap<string, VerificationKey> {
  const found = new Map<string, VerificationKey>();
  for (const jwk of jwks.parse(JSON.parse(text)).keys) {
    const about = usable.safeParse(jwk);
    const key = about.success ? publicKey(jwk) : null;
    if (!about.success || key === null) continue;
    const possible = algorithmsOf(key);
    const algorithms = about.data.alg === undefined ? possible : possible.filter((name) => name === about.data.alg);
    if (algorithms.length > 0) found.set(about.data.kid, { kid: about.data.kid, key, algorithms });
  }
  return found;
}

function publicKey(jwk: { readonly kty: string }): KeyObject | null {
  if (jwk.kty !== 'RSA' && jwk.kty !== 'EC') return null;
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return null;
  }
}

/** RFC 7518 §3.3: RSA keys of 2048 bits or more. The type of the key decides, never the token (key confusion). */
function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string[] {
  if (asymmetricKeyType === 'rsa') return (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 ? ['RS256', 'PS256'] : [];
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1' ? ['ES256'] : [];
}

import { ROLES, type Role } from '@tidegate/management-api';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';

import type { Caller } from '../http/access.ts';
import { ApiError } from '../http/api-error.ts';
import type { IdpSettings } from '../settings/auth-settings.ts';

/** Told when the key set cannot be fetched; the keys known until then go on being used. */
type OnFailure = (reason: string) => void;

/** Longer ones are refused before anything is decoded. */
const TOKEN_LENGTH_MAX = 16_384;
const LEEWAY_SECONDS = 60;
const REFRESH_EVERY_MS = 600_000;
/** An unknown `kid` may cause a fetch this often: strangers cannot make the controller hammer the identity provider. */
const REFETCH_EVERY_MS = 30_000;
const FETCH_TIMEOUT_MS = 5_000;
/** Asymmetric alone: a public key is never a shared secret, and `none` is no signature. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'];

/**
 * Checks access tokens of an identity provider: signature by its key set, exact issuer, one of the audiences if any is configured,
 * `exp` required, times with 60 s of leeway. `null` = a token that says nothing to us.
 * @throws ApiError 503 while the key set was never fetched: nobody can be told apart then, and nobody is let in
 */
export function bearerCheck(idp: IdpSettings, onFailure: OnFailure): (token: string) => Promise<Caller | null> {
  const keys = freshKeys(idp.jwks_url, onFailure);
  const expected = {
    algorithms: ALGORITHMS,
    issuer: idp.issuer,
    clockTolerance: LEEWAY_SECONDS,
    requiredClaims: ['exp', 'sub'],
    ...(idp.audience.length === 0 ? {} : { audience: [...idp.audience] }),
  };
  return async (token) => {
    if (token.length > TOKEN_LENGTH_MAX) return null;
    try {
      const { payload } = await jwtVerify(token, keys, expected);
      return callerOf(payload, idp);
    } catch (error) {
      if (isAboutTheToken(error)) return null;
      onFailure(reasonOf(error));
      throw new ApiError(503, 'identity_provider_unavailable', 'The key set of the identity provider cannot be fetched', {
        headers: { 'Retry-After': '5' },
      });
    }
  };
}

/** The token of an `Authorization: Bearer …` header; `null` = it is none */
export function bearerToken(authorization: string): string | null {
  return /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization)?.[1] ?? null;
}

/** Once there are keys, no request waits for a refresh, and a failed one changes nothing (stale if error). */
function freshKeys(url: string, onFailure: OnFailure) {
  const set = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: Infinity,
    cooldownDuration: REFETCH_EVERY_MS,
    timeoutDuration: FETCH_TIMEOUT_MS,
  });
  let dueAtMs = 0;
  return (...asked: Parameters<typeof set>) => {
    const now = performance.now();
    if (set.jwks() !== undefined && now >= dueAtMs) {
      if (dueAtMs > 0) set.reload().catch((error: unknown) => onFailure(reasonOf(error)));
      dueAtMs = now + REFRESH_EVERY_MS;
    }
    return set(...asked);
  };
}

function callerOf(payload: JWTPayload, idp: IdpSettings): Caller | null {
  const id = payload.sub ?? '';
  return id === '' ? null : { id, roles: rolesFrom(claimAt(payload, idp.roles_claim), idp.role_mapping) };
}

/** The claim of that very name, or the one that a dotted path leads to (`realm_access.roles`). */
function claimAt(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  return name
    .split('.')
    .reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), payload);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/**
 * Our roles out of a claim that is a list or a text with spaces. With a mapping, a role is held by whom the mapping says (`*` = every
 * token that passed); without one, the values are our names for roles. What is neither gives no role.
 */
export function rolesFrom(claim: unknown, mapping: IdpSettings['role_mapping']): Role[] {
  const held = new Set(Array.isArray(claim) ? claim.map(String) : typeof claim === 'string' ? claim.split(' ') : []);
  const mapped = Object.keys(mapping).length > 0;
  return ROLES.filter((role) => {
    if (!mapped) return held.has(role);
    return (mapping[role] ?? []).some((value) => value === '*' || held.has(value));
  });
}

/** Everything jose says of a token, apart from what it says of fetching keys. */
function isAboutTheToken(error: unknown): boolean {
  const ofTheKeySet = error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid;
  return error instanceof errors.JOSEError && !ofTheKeySet && error.code !== 'ERR_JOSE_GENERIC';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

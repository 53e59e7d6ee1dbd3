import { type AuthContext, definePolicyRuntime } from '@tidegate/policy-sdk';

import { backendJwt, type BackendJwtParams } from './definition.ts';
import { backendJwtSettings, signer } from './signer.ts';

/** Signed tokens that are used again while more than half of their life is left: signing costs a millisecond. */
const REMEMBERED_MAX = 1000;
/** Upstreams refuse heads that are larger than some KiB. */
const TOKEN_MAX = 8192;
/** Of the caller's token, whose issuer and life are not those of ours */
const NOT_COPIED = new Set(['iss', 'iat', 'exp', 'nbf', 'jti', 'sub', 'active', '__proto__']);

export const backendJwtRuntime = definePolicyRuntime<BackendJwtParams>({
  definition: backendJwt,
  build(params, { settings, now, readFile }) {
    const { signingkey, algorithm, issuer, tokenexpiry } = backendJwtSettings.parse(settings);
    const sign = signer('inline' in signingkey ? signingkey.inline : readFile(signingkey.path), algorithm);
    const claimsOf = claimsFor(params, issuer);
    const header = params.header.toLowerCase();
    const signed = new Map<string, { readonly token: string; readonly untilMs: number }>();
    const tokenFor = (claims: object): string => {
      const key = JSON.stringify(claims);
      const nowMs = now();
      const before = signed.get(key);
      if (before !== undefined && before.untilMs > nowMs) return before.token;
      const iat = Math.floor(nowMs / 1000);
      const token = sign({ ...claims, iat, exp: iat + Math.ceil(tokenexpiry / 1000) });
      if (token.length > TOKEN_MAX) throw new Error(`the token for the upstream is longer than ${TOKEN_MAX} characters`);
      signed.delete(key);
      signed.set(key, { token, untilMs: nowMs + tokenexpiry / 2 });
      const [oldest] = signed.keys();
      if (signed.size > REMEMBERED_MAX && oldest !== undefined) signed.delete(oldest);
      return token;
    };
    return {
      requestHeaders(exchange) {
        // What the client wrote there must not pass for ours.
        if (exchange.auth === null) exchange.removeUpstreamHeader(header);
        else exchange.setUpstreamHeader(header, tokenFor(claimsOf(exchange.auth, exchange.metadata.get('auth.claims'))));
        return undefined;
      },
    };
  },
});

/** What is said of a caller, without the times. Later members win: what the gateway vouches for stands last. */
function claimsFor({ claimMappings, customClaims }: BackendJwtParams, issuer: string) {
  return ({ type, subject, properties }: AuthContext, told: unknown): object => {
    const original = Object.entries(typeof told === 'object' && told !== null ? told : {});
    const copied = original.flatMap(([name, value]) => {
      const mapped = Object.hasOwn(claimMappings, name) ? claimMappings[name] : undefined;
      return mapped === undefined && NOT_COPIED.has(name) ? [] : [[mapped ?? name, value] as const];
    });
    const credential = type === 'apikey' ? subject : properties['tokenId'] || properties['clientId'] || '';
    return {
      ...Object.fromEntries(copied),
      ...customClaims,
      ...(properties['scopes'] !== undefined && { scope: properties['scopes'] }),
      iss: issuer,
      sub: subject,
      auth_type: type,
      credential_id: credential,
    };
  };
}

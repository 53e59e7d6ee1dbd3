import {
  type BuildContext,
  definePolicyRuntime,
  type Exchange,
  type ImmediateResponse,
  type Verdict,
} from '@tidegate/policy-sdk';

import { claimOf, claimTest, claimText, scopesOf } from './claim-rules.ts';
import { jwtAuth, type JwtAuthParams } from './definition.ts';
import { type KeySet, localKeySets, remoteKeySet } from './key-set.ts';
import { type JwtSettings, jwtSettings, type KeyManager } from './settings.ts';
import { type Source, tokenVerifier, type Verified } from './verify-token.ts';

export const jwtAuthRuntime = definePolicyRuntime<JwtAuthParams>({
  definition: jwtAuth,
  build(params, context) {
    const settings = jwtSettings.parse(context.settings);
    const verify = tokenVerifier(sourcesOf(params, settings, context), settings, context.now);
    const fits = claimTest(params);
    const refused = refusal(settings);
    const header = (params.headerName ?? settings.headername).toLowerCase();
    const scheme = (params.authHeaderPrefix ?? settings.authheaderscheme).toLowerCase();
    const admit = admission(params, header);

    const decide = (exchange: Exchange, token: string, verified: Verified | null): Verdict => {
      if (verified === null || !fits(verified.payload, verified.manager)) return refused;
      admit(exchange, token, verified);
      return undefined;
    };
    return {
      requestHeaders(exchange) {
        const token = tokenIn(exchange.requestHeader(header), scheme);
        if (token === null) return refused;
        const verified = verify(token);
        return verified instanceof Promise
          ? verified.then((found) => decide(exchange, token, found))
          : decide(exchange, token, verified);
      },
    };
  },
});

/** Throws when nobody could vouch for a token: the API is then rejected, not open. */
function sourcesOf({ issuers }: JwtAuthParams, settings: JwtSettings, context: BuildContext): Source[] {
  const chosen = settings.keymanagers.filter(
    ({ name, issuer }) => issuers === undefined || issuers.includes(name) || issuers.includes(issuer),
  );
  if (chosen.length === 0) throw new Error('no key manager for these issuers in [policy_configurations.jwtauth_v1]');
  return chosen.flatMap((manager) => keySetsOf(manager, settings, context).map((keys) => ({ manager, keys })));
}

/** Of a remote set one per address for the whole router, however many APIs use it; of certificates one each. */
function keySetsOf({ name, jwks }: KeyManager, settings: JwtSettings, context: BuildContext): KeySet[] {
  const { http, now, log, shared, readFile } = context;
  if ('local' in jwks) return localKeySets('inline' in jwks.local ? jwks.local.inline : readFile(jwks.local.certificatepath));
  const { remote } = jwks;
  const onFailure = (reason: string): void =>
    log('warn', { keyManager: name, reason }, 'Keys for JSON Web Tokens could not be fetched');
  const set = shared(`jwt-auth jwks ${JSON.stringify(remote)}`, () =>
    remoteKeySet(remote, { http, now, ttlMs: settings.jwkscachettl, timeoutMs: settings.jwksfetchtimeout, onFailure }),
  );
  return [set];
}

/** `null` = absent, another scheme, or not one token. */
function tokenIn(value: string | undefined, scheme: string): string | null {
  if (value === undefined) return null;
  if (scheme === '') return compact(value.trim());
  if (value.slice(0, scheme.length).toLowerCase() !== scheme || value[scheme.length] !== ' ') return null;
  return compact(value.slice(scheme.length + 1).trim());
}

function compact(text: string): string | null {
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(text) ? text : null;
}

/** What happens to a request that may pass. */
function admission(params: JwtAuthParams, header: string) {
  const forwarded = params.forwardedTokenHeader.toLowerCase();
  const mappings = Object.entries(params.claimMappings ?? {}).map(([claim, name]) => ({ claim, name: name.toLowerCase() }));
  return (exchange: Exchange, token: string, { payload, manager }: Verified): void => {
    exchange.removeUpstreamHeader(header);
    if (!params.forwardToken) exchange.removeUpstreamHeader(forwarded);
    else
      exchange.setUpstreamHeader(forwarded, params.forwardTokenStripScheme ? token : (exchange.requestHeader(header) ?? token));
    // Also when the token has no such claim: what the client wrote there must not pass for one.
    for (const { claim, name } of mappings) exchange.setUpstreamHeader(name, printable(claimText(claimOf(payload, claim)) ?? ''));
    exchange.auth = {
      type: 'jwt',
      subject: claimText(claimOf(payload, params.userIdClaim)) ?? '',
      properties: { issuer: payload.iss ?? '', tokenId: payload.jti ?? '', scopes: scopesOf(payload, manager).join(' ') },
      previous: exchange.auth,
    };
    exchange.metadata.set('auth.claims', payload);
  };
}

/** Header values are bytes: what does not fit is written in UTF-8, percent-encoded. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/gu, (char) => encodeURIComponent(char.isWellFormed() ? char : '\ufffd'));
}

function refusal({
  onfailurestatuscode: status,
  errormessageformat: format,
  errormessage: message,
}: JwtSettings): ImmediateResponse {
  const challenge = ['www-authenticate', 'Bearer'] as const;
  if (format === 'plain') return { status, headers: [['content-type', 'text/plain'], challenge], body: message };
  const body = format === 'minimal' ? 'Unauthorized' : JSON.stringify({ error: 'Unauthorized', message });
  return { status, headers: [['content-type', 'application/json'], challenge], body };
}

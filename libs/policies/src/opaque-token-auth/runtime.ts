import {
  type BuildContext,
  definePolicyRuntime,
  type Exchange,
  type ImmediateResponse,
  linearRegex,
  type Verdict,
} from '@tidegate/policy-sdk';

import { claimOf, claimTest, claimText, scopesOf } from '../jwt-auth/claim-rules.ts';
import { opaqueTokenAuth, type OpaqueTokenAuthParams } from './definition.ts';
import { type Introspect, type Introspected, introspector } from './introspect.ts';
import { type OpaqueTokenSettings, opaqueTokenSettings, type Provider } from './settings.ts';

export const opaqueTokenAuthRuntime = definePolicyRuntime<OpaqueTokenAuthParams>({
  definition: opaqueTokenAuth,
  build(params, context) {
    const settings = opaqueTokenSettings.parse(context.settings);
    const sources = sourcesOf(params, settings, context);
    const refused = refusal(settings);
    const header = params.headerName.toLowerCase();
    const scheme = params.authHeaderPrefix.toLowerCase();
    const fits = claimTest(params);
    const admit = admission(params, header);
    return {
      async requestHeaders(exchange): Promise<Verdict> {
        const token = tokenIn(exchange.requestHeader(header), scheme);
        if (token === null) return refused;
        for (const { provider, isIts, introspect } of sources) {
          const found = isIts(token) ? await introspect(token) : null;
          if (found === null) continue;
          if (!fits(found, ANY_SCOPE_CLAIM)) return refused;
          admit(exchange, found, provider);
          return undefined;
        }
        return refused;
      },
    };
  },
});

/** Scopes as RFC 7662 §2.2 writes them. */
const ANY_SCOPE_CLAIM = { scopeclaim: '', scopeclaimseparator: ' ' };

interface Source {
  readonly provider: Provider;
  readonly isIts: (token: string) => boolean;
  readonly introspect: Introspect;
}

/** Throws when nobody could vouch for a token: the API is then rejected, not open. */
function sourcesOf({ issuers }: OpaqueTokenAuthParams, settings: OpaqueTokenSettings, context: BuildContext): Source[] {
  const chosen = settings.introspectionproviders.filter(
    ({ name, issuer }) => issuers === undefined || issuers.includes(name) || issuers.includes(issuer),
  );
  if (chosen.length === 0)
    throw new Error('no introspection provider for these issuers in [policy_configurations.opaquetokenauth_v1]');
  return chosen.map((provider) => {
    const pattern = provider.tokenpattern === '' ? null : linearRegex(provider.tokenpattern);
    // What a provider said serves every API on this router.
    const introspect = context.shared(`opaque-token-auth ${JSON.stringify(provider)}`, () =>
      introspector(provider, settings, context),
    );
    return { provider, isIts: (token) => pattern === null || pattern.test(token), introspect };
  });
}

/** `null` = absent, another scheme, or no token (RFC 6750 §2.1). */
function tokenIn(value: string | undefined, scheme: string): string | null {
  if (value === undefined || value.length > TOKEN_MAX) return null;
  if (scheme !== '' && (value.slice(0, scheme.length).toLowerCase() !== scheme || value[scheme.length] !== ' ')) return null;
  const token = (scheme === '' ? value : value.slice(scheme.length + 1)).trim();
  return /^[A-Za-z0-9._~+/-]+=*$/.test(token) ? token : null;
}

const TOKEN_MAX = 8192;

/** What happens to a request that may pass. */
function admission(params: OpaqueTokenAuthParams, header: string) {
  const forwarded = params.forwardedTokenHeader.toLowerCase();
  return (exchange: Exchange, found: Introspected, { issuer }: Provider): void => {
    exchange.removeUpstreamHeader(header);
    if (params.forwardToken) exchange.setUpstreamHeader(forwarded, exchange.requestHeader(header) ?? '');
    else exchange.removeUpstreamHeader(forwarded);
    const told = (name: string): string => claimText(claimOf(found, name)) ?? '';
    exchange.auth = {
      type: 'opaque',
      subject: told(params.userIdClaim),
      properties: {
        issuer: told('iss') || issuer,
        clientId: told('client_id'),
        scopes: scopesOf(found, ANY_SCOPE_CLAIM).join(' '),
      },
      previous: exchange.auth,
    };
    exchange.metadata.set('auth.claims', found);
  };
}

function refusal({
  onfailurestatuscode: status,
  errormessageformat: format,
  errormessage: message,
}: OpaqueTokenSettings): ImmediateResponse {
  const challenge = ['www-authenticate', 'Bearer'] as const;
  const type = format === 'json' ? 'application/json' : 'text/plain';
  const bodies = { json: JSON.stringify({ error: 'Unauthorized', message }), plain: message, minimal: 'Unauthorized' };
  return { status, headers: [['content-type', type], challenge], body: bodies[format] };
}

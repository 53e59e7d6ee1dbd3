import { definePolicyRuntime, type Exchange, type ImmediateResponse } from '@tidegate/policy-sdk';

import { cors, type CorsParams } from './definition.ts';
import { originTest } from './origins.ts';

type Header = readonly [name: string, value: string];

/**
 * Every OPTIONS request that gets here is a preflight, as in WSO2's gateway. What a page may read is said on all answers, also on
 * those that the gateway makes (401, 429, 503): without it a browser shows a network error in place of the refusal.
 */
export const corsRuntime = definePolicyRuntime<CorsParams>({
  definition: cors,
  build(params) {
    const everybody = params.allowedOrigins.includes('*');
    // The schema refuses it already; this is the last place where it can be noticed.
    if (params.allowCredentials === true && everybody) throw new Error('credentials cannot be allowed for every origin');
    const isAllowed = originTest(params.allowedOrigins);
    const preflight = preflightOf(params, isAllowed);
    const fixed = fixedHeaders(params, everybody);

    /** `null` = pages of this origin may not read the answer. */
    const headersFor = (origin: string | undefined): readonly Header[] | null => {
      if (everybody) return fixed;
      return origin !== undefined && isAllowed(origin) ? [['access-control-allow-origin', origin], ...fixed] : null;
    };

    return {
      requestHeaders(exchange) {
        if (exchange.method !== 'OPTIONS') return undefined;
        return preflight(exchange) ?? (params.forwardPreflight ? undefined : REFUSED_PREFLIGHT);
      },
      responseHeaders(exchange) {
        const { response } = exchange;
        const origin = exchange.requestHeader('origin');
        const headers = headersFor(origin);
        if (response === null || (headers === null && origin === undefined)) return;
        for (const name of OURS) response.removeHeader(name);
        for (const [name, value] of headers ?? []) response.setHeader(name, value);
        if (!everybody) response.appendHeader('vary', 'Origin');
      },
      immediate(exchange) {
        if (exchange.method === 'OPTIONS') return;
        const origin = exchange.requestHeader('origin');
        for (const [name, value] of headersFor(origin) ?? []) exchange.addResponseHeader(name, value);
        if (!everybody && origin !== undefined) exchange.addResponseHeader('vary', 'Origin');
      },
    };
  },
});

/** What an upstream says under these names is not for it to say once this policy is in the chain. */
const OURS = ['access-control-allow-origin', 'access-control-allow-credentials', 'access-control-expose-headers'];

/** Says nothing: the browser takes that for a no. */
const REFUSED_PREFLIGHT: ImmediateResponse = { status: 204, headers: [], body: '' };

/** The headers that are the same for every allowed origin. */
function fixedHeaders({ exposedHeaders, allowCredentials }: CorsParams, everybody: boolean): Header[] {
  const headers: Header[] = everybody ? [['access-control-allow-origin', '*']] : [];
  if (exposedHeaders.length > 0) headers.push(['access-control-expose-headers', exposedHeaders.join(',')]);
  if (allowCredentials !== undefined) headers.push(['access-control-allow-credentials', String(allowCredentials)]);
  return headers;
}

function preflightOf(params: CorsParams, isAllowed: (origin: string) => boolean) {
  const everybody = params.allowedOrigins.includes('*');
  const allMethods = params.allowedMethods.includes('*');
  const methods = new Set(params.allowedMethods);
  const allowedNames = namesAllowedBy(params.allowedHeaders);
  const fixed: Header[] = [['access-control-allow-methods', params.allowedMethods.join(',')]];
  if (params.maxAge !== undefined) fixed.push(['access-control-max-age', String(params.maxAge)]);
  if (params.allowCredentials !== undefined) fixed.push(['access-control-allow-credentials', String(params.allowCredentials)]);

  /** `null` = origin, method or one of the headers is not allowed. */
  return (exchange: Exchange): ImmediateResponse | null => {
    const origin = exchange.requestHeader('origin');
    if (!everybody && (origin === undefined || !isAllowed(origin))) return null;
    const method = exchange.requestHeader('access-control-request-method');
    if (!allMethods && (method === undefined || !methods.has(method))) return null;
    const names = allowedNames(exchange.requestHeader('access-control-request-headers') ?? '');
    if (names === null) return null;
    const whose: Header[] = everybody
      ? [['access-control-allow-origin', '*']]
      : [
          ['access-control-allow-origin', origin ?? ''],
          ['vary', 'Origin'],
        ];
    const headers = [...whose, ...fixed];
    if (names !== '') headers.push(['access-control-allow-headers', names]);
    return { status: 204, headers, body: '' };
  };
}

/** What is asked for, in the spelling of the configuration; `null` = one of them is not allowed. */
function namesAllowedBy(allowed: readonly string[]): (asked: string) => string | null {
  if (allowed.includes('*')) return (asked) => asked;
  const spelling = new Map(allowed.map((name) => [name.toLowerCase(), name]));
  return (asked) => {
    const names = asked.split(',').map((name) => name.trim().toLowerCase());
    const found = names.filter((name) => name !== '').map((name) => spelling.get(name));
    return found.includes(undefined) ? null : found.join(',');
  };
}

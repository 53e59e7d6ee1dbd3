import { hash } from 'node:crypto';

import type { BuildContext, HttpCall } from '@tidegate/policy-sdk';
import { z } from 'zod';

import type { OpaqueTokenSettings, Provider } from './settings.ts';

/** What a provider says of an active token (RFC 7662 §2.2). */
export type Introspected = Readonly<Record<string, unknown>>;
/** `null` = not active, or nobody could say: either way it does not pass. */
export type Introspect = (token: string) => Introspected | null | Promise<Introspected | null>;

const ANSWER_BYTES_MAX = 65_536;
/** A provider that is down is one line per this time, not one per request. */
const WARN_EVERY_MS = 10_000;
const answered = z.looseObject({
  active: z.boolean(),
  exp: z.number().optional(),
  nbf: z.number().optional(),
  iss: z.string().optional(),
});

/**
 * Asks one provider, and remembers what it said: tokens by their hash, active ones never past `exp`, at most `cachemaxsize` of them.
 * Requests that bring the same token meanwhile share one call. A failed call is not remembered.
 */
export function introspector(provider: Provider, settings: OpaqueTokenSettings, context: BuildContext): Introspect {
  const { http, now, log } = context;
  const known = new Map<string, { readonly found: Introspected | null; readonly untilMs: number }>();
  const asking = new Map<string, Promise<Introspected | null>>();
  const callFor = callOf(provider, settings.introspectiontimeout);
  let warnedAtMs = -Infinity;

  const remember = (key: string, found: Introspected | null): void => {
    const expiresMs = typeof found?.['exp'] === 'number' ? found['exp'] * 1000 : Infinity;
    const ttlMs = found === null ? settings.negativecachettl : settings.tokencachettl;
    known.delete(key);
    known.set(key, { found, untilMs: Math.min(now() + ttlMs, expiresMs) });
    for (const oldest of known.keys()) {
      if (known.size <= settings.cachemaxsize) break;
      known.delete(oldest);
    }
  };
  const ask = async (key: string, token: string): Promise<Introspected | null> => {
    try {
      const { status, body } = await http.send(callFor(token));
      if (status !== 200) throw new Error(`status ${status}`);
      const said = answered.safeParse(JSON.parse(Buffer.from(body).toString('utf8')));
      if (!said.success) throw new Error('no introspection answer');
      const found = said.data.active && isCurrent(said.data, now()) && isFrom(said.data, provider) ? said.data : null;
      remember(key, found);
      return found;
    } catch (error) {
      if (now() - warnedAtMs >= WARN_EVERY_MS) {
        warnedAtMs = now();
        const reason = error instanceof SyntaxError ? 'no JSON' : error instanceof Error ? error.message : String(error);
        log('warn', { provider: provider.name, reason }, 'A token could not be introspected');
      }
      return null;
    } finally {
      asking.delete(key);
    }
  };
  return (token) => {
    const key = hash('sha256', token, 'base64');
    const before = known.get(key);
    if (before !== undefined && before.untilMs > now()) return before.found;
    const under = asking.get(key) ?? ask(key, token);
    asking.set(key, under);
    return under;
  };
}

function isCurrent({ exp, nbf }: z.infer<typeof answered>, nowMs: number): boolean {
  return (exp === undefined || exp * 1000 > nowMs) && (nbf === undefined || nbf * 1000 <= nowMs);
}

/** A provider that names another issuer speaks of a token that is not its own. */
function isFrom({ iss }: z.infer<typeof answered>, { issuer }: Provider): boolean {
  return issuer === '' || iss === undefined || iss === issuer;
}

function callOf({ introspection }: Provider, timeoutMs: number): (token: string) => HttpCall {
  const { uri, clientid, clientsecret, authstyle, bearertoken, tokentypehint, certificatepath, skiptlsverify } = introspection;
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  const fixed: [string, string][] = tokentypehint === '' ? [] : [['token_type_hint', tokentypehint]];
  if (bearertoken !== '') headers['authorization'] = `Bearer ${bearertoken}`;
  else if (clientid !== '' && authstyle === 'post') fixed.push(['client_id', clientid], ['client_secret', clientsecret]);
  else if (clientid !== '')
    headers['authorization'] = `Basic ${Buffer.from(`${form(clientid)}:${form(clientsecret)}`).toString('base64')}`;
  return (token) => ({
    method: 'POST',
    url: uri,
    headers,
    body: new URLSearchParams([['token', token], ...fixed]).toString(),
    timeoutMs,
    bytesMax: ANSWER_BYTES_MAX,
    tls: { skipVerify: skiptlsverify, caFile: certificatepath },
  });
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
function form(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

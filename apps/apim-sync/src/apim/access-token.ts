import type { Logger } from '@tidegate/process';
import type { ControlplaneSettings } from '@tidegate/sync-link';
import { z } from 'zod';

import { classify, failure } from '../sync/classify.ts';
import type { Answer } from './answer.ts';
import type { ApimRequest, Exchange, ExchangeResult } from './exchange.ts';

export interface TokenSource {
  /** A token that was good a moment ago; many askers share one exchange. */
  get(): Promise<Answer<string>>;
  /** APIM refused this token: forget it, unless a newer one is already there. */
  refuse(token: string): void;
}

export interface TokenSourceOptions {
  readonly settings: ControlplaneSettings;
  readonly exchange: Exchange;
  readonly logger: Logger;
  /** Of the process: the exchange is shared, so no single asker's end may end it */
  readonly signal: AbortSignal;
  /** Milliseconds, monotonic */
  readonly nowMs?: () => number;
}

/** OAuth2 towards APIM (reference §4.1): client credentials where both are set, else the password grant. */
export function createTokenSource({
  settings,
  exchange,
  logger,
  signal,
  nowMs = () => performance.now(),
}: TokenSourceOptions): TokenSource {
  let cached: { readonly token: string; readonly freshUntilMs: number } | null = null;
  let fetching: Promise<Answer<string>> | null = null;

  const fetchToken = async (): Promise<Answer<string>> => {
    const request = tokenRequest(settings);
    if (request === null) return { ok: false, failure: failure('blocked', 'credentials', NO_CREDENTIALS) };
    const askedAtMs = nowMs();
    const result = await exchange(request, { signal, timeoutMs: settings.http_timeout });
    const granted = readToken(result);
    logExchange(logger, settings, result, granted);
    if (granted === null) return { ok: false, failure: { ...classify('token', result, Date.now()), notSent: true } };
    // Used up to 90 % of its life, so that it does not die on the way to APIM.
    cached = { token: granted.token, freshUntilMs: askedAtMs + granted.lifeMs * 0.9 };
    return { ok: true, value: granted.token };
  };

  return {
    get() {
      if (cached !== null && nowMs() < cached.freshUntilMs) return Promise.resolve({ ok: true, value: cached.token });
      fetching ??= fetchToken().finally(() => {
        fetching = null;
      });
      return fetching;
    },
    refuse(token) {
      if (cached?.token === token) cached = null;
    },
  };
}

const NO_CREDENTIALS =
  'no authentication method configured: set controller.controlplane.apim_oauth2_client_id and apim_oauth2_client_secret, or apim_oauth2_username and apim_oauth2_password';

function tokenRequest(settings: ControlplaneSettings): ApimRequest | null {
  const { apim_oauth2_client_id: id, apim_oauth2_username: username, apim_oauth2_scopes: scope } = settings;
  const clientSecret = settings.apim_oauth2_client_secret.reveal();
  const password = settings.apim_oauth2_password.reveal();
  const form = (fields: Record<string, string>): string => new URLSearchParams({ ...fields, scope }).toString();
  const request = { method: 'POST', path: '/oauth2/token' } as const;
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  if (id !== '' && clientSecret !== '') {
    const authorization = `Basic ${Buffer.from(`${id}:${clientSecret}`).toString('base64')}`;
    return { ...request, headers: { ...headers, authorization }, body: form({ grant_type: 'client_credentials' }) };
  }
  if (username !== '' && password !== '')
    return { ...request, headers, body: form({ grant_type: 'password', username, password }) };
  return null;
}

const grant = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive().default(3600),
  scope: z.string().default(''),
});

function readToken(result: ExchangeResult): { token: string; lifeMs: number; scope: string } | null {
  if (result.kind !== 'answer' || result.status !== 200) return null;
  try {
    const { access_token, expires_in, scope } = grant.parse(JSON.parse(result.body));
    return { token: access_token, lifeMs: expires_in * 1000, scope };
  } catch {
    return null;
  }
}

/** What an operator needs to see a wrong credential or scope, and nothing that opens a door. */
function logExchange(
  logger: Logger,
  settings: ControlplaneSettings,
  result: ExchangeResult,
  granted: { lifeMs: number; scope: string } | null,
): void {
  const { host, apim_oauth2_client_id: clientId, apim_oauth2_username: username, apim_oauth2_scopes: scopes } = settings;
  const answer = result.kind === 'answer' ? { status: result.status, body: maskSecrets(result.body) } : { error: result.message };
  const asked = {
    host,
    path: '/oauth2/token',
    clientId,
    clientSecret: settings.apim_oauth2_client_secret,
    username,
    password: settings.apim_oauth2_password,
    scopes,
  };
  logger.debug({ request: asked, answer }, 'APIM token exchange');
  if (granted !== null) return;
  logger.warn({ host, ...('status' in answer ? { status: answer.status } : answer) }, 'Access token not found');
}

/** Tokens in a JSON body, whatever surrounds them; bounded, since a proxy may answer with a page. */
export function maskSecrets(body: string): string {
  return body.slice(0, 2000).replaceAll(/("(?:access_token|refresh_token|id_token)"\s*:\s*")(?:[^"\\]|\\.)*/g, '$1***');
}

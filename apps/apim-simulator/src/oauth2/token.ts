import { randomBytes } from 'node:crypto';
import { json, type Answer, type SimulatedRequest } from '../http/answer.ts';
import type { Simulator } from '../simulator.ts';
import { sameText } from './same-text.ts';

/** `POST /oauth2/token`: client credentials with Basic, or password (reference §4.1). */
export function answerToken(simulator: Simulator, request: SimulatedRequest): Answer {
  if (request.method !== 'POST') return oauthError(405, 'invalid_request', 'Use POST');
  if (!(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) {
    return oauthError(415, 'invalid_request', 'The body must be application/x-www-form-urlencoded');
  }
  const form = new URLSearchParams(request.body.toString('utf8'));
  switch (form.get('grant_type')) {
    case 'client_credentials': {
      const client = basicCredentials(request.headers.authorization);
      if (client === null || !isClient(simulator, client)) {
        return oauthError(401, 'invalid_client', 'A valid OAuth client could not be found for client_id');
      }
      return issue(simulator, client.user, 'client_credentials', form.get('scope'));
    }
    case 'password': {
      const client = basicCredentials(request.headers.authorization);
      if (client !== null && !isClient(simulator, client))
        return oauthError(401, 'invalid_client', 'Client authentication failed');
      const { username, password } = simulator.settings.oauth2;
      const given = { user: form.get('username') ?? '', password: form.get('password') ?? '' };
      if (!sameText(given.user, username) || !sameText(given.password, password.reveal())) {
        return oauthError(400, 'invalid_grant', 'Authentication failed for the user');
      }
      return issue(simulator, given.user, 'password', form.get('scope'));
    }
    default:
      return oauthError(400, 'unsupported_grant_type', 'grant_type must be client_credentials or password');
  }
}

function issue(simulator: Simulator, subject: string, grantType: string, asked: string | null): Answer {
  const grantable = new Set(simulator.settings.oauth2.scopes);
  const scopes = (asked ?? '').split(' ').filter((scope) => grantable.has(scope));
  const lifetimeMs = simulator.behaviour.token_lifetime;
  const token = randomBytes(24).toString('base64url');
  forgetExpired(simulator, Date.now());
  simulator.state.tokens.set(token, { token, subject, grantType, scopes, expiresAtMs: Date.now() + lifetimeMs });
  return json(200, {
    access_token: token,
    scope: scopes.length === 0 ? 'default' : scopes.join(' '),
    token_type: 'Bearer',
    expires_in: Math.floor(lifetimeMs / 1000),
    ...(grantType === 'password' ? { refresh_token: randomBytes(24).toString('base64url') } : {}),
  });
}

/** Tokens live in memory; those that expired over an hour ago need not be told apart from wrong ones. */
function forgetExpired(simulator: Simulator, nowMs: number): void {
  for (const [token, issued] of simulator.state.tokens) {
    if (issued.expiresAtMs < nowMs - 3_600_000) simulator.state.tokens.delete(token);
  }
}

function isClient(simulator: Simulator, given: { readonly user: string; readonly password: string }): boolean {
  const { client_id, client_secret } = simulator.settings.oauth2;
  return sameText(given.user, client_id) && sameText(given.password, client_secret.reveal());
}

/** RFC 7617: the first colon ends the user name. */
function basicCredentials(header: string | undefined): { user: string; password: string } | null {
  const encoded = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return null;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon === -1 ? null : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function oauthError(status: number, error: string, description: string): Answer {
  const challenge: Record<string, string> = status === 401 ? { 'www-authenticate': 'Basic realm="apim"' } : {};
  return json(status, { error, error_description: description }, challenge);
}

import { json, publisherError, type Answer, type SimulatedRequest } from '../http/answer.ts';
import type { Simulator } from '../simulator.ts';

/** Null when the request carries a live token with one of the scopes; else the 401 or 403 that APIM would give. */
export function refuseUnlessAuthorised(simulator: Simulator, request: SimulatedRequest, anyOf: readonly string[]): Answer | null {
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined)
    return unauthenticated('Missing Credentials. Make sure your API invocation provides a valid bearer token');
  const issued = simulator.state.tokens.get(token);
  if (issued === undefined) return unauthenticated('Invalid Credentials. Access token not known');
  if (issued.expiresAtMs <= Date.now()) return unauthenticated('Access token expired');
  if (!issued.scopes.some((scope) => anyOf.includes(scope))) {
    return publisherError(
      403,
      `The access token does not allow you to access the requested resource; one of ${anyOf.join(', ')} is needed`,
      900_910,
    );
  }
  return null;
}

function unauthenticated(description: string): Answer {
  return json(
    401,
    { code: 900_901, message: 'Invalid Credentials', description, moreInfo: '', error: [] },
    { 'www-authenticate': 'Bearer error="invalid_token"' },
  );
}

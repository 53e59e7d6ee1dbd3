import type { Answer, CallLimits } from './answer.ts';
import type { TokenSource } from './access-token.ts';
import type { ApimRequest, Exchange, ExchangeResult } from './exchange.ts';
import { failure, isUnauthenticated } from '../sync/classify.ts';

export type AuthorisedExchange = (request: ApimRequest, limits: CallLimits) => Promise<Answer<ExchangeResult>>;

/** Below this nothing useful gets an answer: better not to send than not to know. */
const LEAST_MS = 250;

/**
 * Exchanges with a bearer token; a 401 is worth exactly one fresh token, and repeating is safe because nothing was processed. Fails only
 * where nothing could be sent: no token, or no time left.
 */
export function createAuthorisedExchange(exchange: Exchange, tokens: TokenSource): AuthorisedExchange {
  const once = async (request: ApimRequest, limits: CallLimits): Promise<Answer<{ result: ExchangeResult; token: string }>> => {
    const token = await tokens.get();
    if (!token.ok) return token;
    // The clock is read after the token came, right before the send.
    const timeoutMs = limits.remainingMs();
    if (timeoutMs < LEAST_MS)
      return { ok: false, failure: failure('retryable', 'lease_over', 'The lease ran out before the request could be sent') };
    const headers = { accept: 'application/json', ...request.headers, authorization: `Bearer ${token.value}` };
    const startedAtMs = Date.now();
    const result = await exchange({ ...request, headers }, { signal: limits.signal, timeoutMs });
    limits.witness?.(request, result, startedAtMs);
    return { ok: true, value: { result, token: token.value } };
  };

  return async (request, limits) => {
    const first = await once(request, limits);
    if (!first.ok) return first;
    if (!isUnauthenticated(first.value.result)) return { ok: true, value: first.value.result };
    tokens.refuse(first.value.token);
    const second = await once(request, limits);
    return second.ok ? { ok: true, value: second.value.result } : second;
  };
}

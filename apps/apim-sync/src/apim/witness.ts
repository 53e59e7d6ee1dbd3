import type { Exchange as SeenExchange } from '@tidegate/sync-link';

import type { ApimRequest, ExchangeResult } from './exchange.ts';

/** Hears of every exchange made under one claim, so that operators can be shown them. */
export type Witness = (request: ApimRequest, result: ExchangeResult, startedAtMs: number) => void;

/** More than one claim makes, retries after 401 and a search of many pages included. */
const EXCHANGES_MAX = 40;
const ANSWER_CHARS_MAX = 500;

/** Collects what was said, bounded, without credentials and without bodies that were sent. */
export function collectExchanges(): { readonly witness: Witness; readonly exchanges: SeenExchange[] } {
  const exchanges: SeenExchange[] = [];
  return {
    exchanges,
    witness(request, result, startedAtMs) {
      if (exchanges.length >= EXCHANGES_MAX) return;
      exchanges.push({
        atMs: startedAtMs,
        method: request.method,
        path: request.path,
        requestBytes: request.body === undefined ? 0 : Buffer.byteLength(request.body),
        status: result.kind === 'answer' ? result.status : 0,
        tookMs: Math.max(0, Date.now() - startedAtMs),
        answer: answerOf(result),
      });
    },
  };
}

function answerOf(result: ExchangeResult): string {
  if (result.kind === 'no-answer') return result.message;
  return result.status >= 200 && result.status < 300 ? '' : masked(result.body).slice(0, ANSWER_CHARS_MAX);
}

/** A peer may echo what it was sent: bearer tokens, JWTs, and values of fields that are named like secrets. */
export function masked(text: string): string {
  return text
    .replaceAll(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 ***')
    .replaceAll(/\beyJ[\w-]+\.[\w-]*\.?[\w-]*/g, '***')
    .replaceAll(
      /("?\b(?:access_token|refresh_token|client_secret|password|api-key|apikey|token)\b"?\s*[:=]\s*)("[^"]*"|[^\s,&}]+)/gi,
      '$1***',
    );
}

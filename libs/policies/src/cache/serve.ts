import type { Exchange, ImmediateResponse } from '@tidegate/policy-sdk';

import { type Entry, fieldOf } from './entry.ts';
import { ageMs } from './freshness.ts';
import { weak } from './storable.ts';

/** A stored answer for this request: whole, or 304 when the client has it already (RFC 9110 §13.2.2). */
export function storedAnswer(entry: Entry, exchange: Exchange, nowMs: number): ImmediateResponse {
  const age = ['age', String(Math.floor(ageMs(entry.freshness, nowMs) / 1000))] as const;
  if (entry.status === 200 && isKnown(entry, exchange)) {
    return { status: 304, headers: [...entry.headers.filter(([name]) => !OF_THE_BODY.has(name)), age], body: '' };
  }
  return { status: entry.status, headers: [...entry.headers, age], body: entry.body };
}

const OF_THE_BODY = new Set(['content-type', 'content-encoding', 'content-language', 'last-modified']);

function isKnown({ headers }: Entry, exchange: Exchange): boolean {
  const tags = exchange.requestHeader('if-none-match');
  if (tags !== undefined) {
    const etag = fieldOf(headers, 'etag');
    if (tags.trim() === '*') return true;
    return etag !== undefined && (tags.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => weak(tag) === weak(etag));
  }
  const since = Date.parse(exchange.requestHeader('if-modified-since') ?? '');
  const modified = Date.parse(fieldOf(headers, 'last-modified') ?? '');
  return since >= modified;
}

/** RFC 9111 §5.2.1.7 */
export const NOT_CACHED: ImmediateResponse = {
  status: 504,
  headers: [['content-type', 'application/json']],
  body: '{"error":"Gateway Timeout"}',
};

/** Asks the upstream whether what is stored still holds, in place of what the client asked about. */
export function askWhether({ headers }: Entry, exchange: Exchange): void {
  withoutConditions(exchange);
  const etag = fieldOf(headers, 'etag');
  const modified = fieldOf(headers, 'last-modified');
  if (etag !== undefined) exchange.setUpstreamHeader('if-none-match', etag);
  if (modified !== undefined) exchange.setUpstreamHeader('if-modified-since', modified);
}

export function withoutConditions(exchange: Exchange): void {
  exchange.removeUpstreamHeader('if-none-match');
  exchange.removeUpstreamHeader('if-modified-since');
}

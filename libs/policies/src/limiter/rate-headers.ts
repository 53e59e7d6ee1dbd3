import type { Exchange, ImmediateResponse } from '@tidegate/policy-sdk';

import type { Decision, Quota } from './quota.ts';
import type { LimiterSettings } from './settings.ts';

/** What one limit said about one request. */
export interface Charge {
  readonly quotaName: string;
  readonly told: QuotaTexts;
  readonly decision: Decision;
}

/** What headers say of a limit, always the same: made when it is built. */
export interface QuotaTexts {
  readonly limit: string;
  /** As in ratelimit-policy */
  readonly policy: string;
}

export function quotaTexts(quotaName: string, { limit, windowMs }: Quota): QuotaTexts {
  return { limit: String(limit), policy: `"${quotaName}";q=${limit};w=${Math.ceil(windowMs / 1000)}` };
}

type Header = readonly [name: string, value: string];
type HeaderSettings = LimiterSettings['headers'];

/**
 * `x-ratelimit-limit|remaining|reset` (reset = unix seconds) of the limit with the least left, and the IETF pair
 * `ratelimit-policy`, `ratelimit` (draft-ietf-httpapi-ratelimit-headers) listing all of them. `charges` must not be empty.
 */
export function rateHeaders(charges: readonly Charge[], settings: HeaderSettings, nowMs: number): Header[] {
  let [tightest] = charges as [Charge];
  for (const charge of charges) if (charge.decision.remaining < tightest.decision.remaining) tightest = charge;
  const headers: Header[] = [];
  if (settings.include_x_ratelimit) {
    headers.push(
      ['x-ratelimit-limit', tightest.told.limit],
      ['x-ratelimit-remaining', String(tightest.decision.remaining)],
      ['x-ratelimit-reset', String(Math.ceil(tightest.decision.resetAtMs / 1000))],
    );
  }
  if (settings.include_ietf) {
    let policy = '';
    let left = '';
    for (const { quotaName, told, decision } of charges) {
      const separator = policy === '' ? '' : ', ';
      policy += separator + told.policy;
      left += `${separator}"${quotaName}";r=${decision.remaining};t=${secondsUntil(decision.resetAtMs, nowMs)}`;
    }
    headers.push(['ratelimit-policy', policy], ['ratelimit', left]);
  }
  return headers;
}

/** How a refusal looks. */
export interface Exceeded {
  readonly statusCode: number;
  readonly body: string;
  readonly contentType: string;
}

/** Body as WSO2 writes it, spaces included. */
export const TOO_MANY_REQUESTS: Exceeded = {
  statusCode: 429,
  body: '{"error": "Too Many Requests", "message": "Rate limit exceeded. Please try again later."}',
  contentType: 'application/json',
};

/** The answer to a refused charge. */
export function tooManyRequests(
  charge: Charge,
  { settings, nowMs, exceeded = TOO_MANY_REQUESTS }: { settings: HeaderSettings; nowMs: number; exceeded?: Exceeded },
): ImmediateResponse {
  const headers: Header[] = [['content-type', exceeded.contentType], ...rateHeaders([charge], settings, nowMs)];
  if (settings.include_retry_after)
    headers.push(['retry-after', String(Math.max(1, Math.ceil(charge.decision.retryAfterMs / 1000)))]);
  headers.push(['x-ratelimit-quota', charge.quotaName]);
  return { status: exceeded.statusCode, headers, body: exceeded.body };
}

/** Keeps a passed charge until the answer comes. Several limits of one request write their headers together. */
export function noteCharge(exchange: Exchange, charge: Charge): void {
  const noted = exchange.metadata.get(NOTED);
  if (Array.isArray(noted)) noted.push(charge);
  else exchange.metadata.set(NOTED, [charge]);
}

/**
 * Writes the headers of all noted charges into the answer, once, over whatever the upstream sent under these names.
 * Done in the response phase because headers of two limits would otherwise stand side by side.
 */
export function writeNotedCharges(exchange: Exchange, settings: HeaderSettings, nowMs: number): void {
  const noted = exchange.metadata.get(NOTED);
  if (!isCharges(noted) || exchange.response === null) return;
  exchange.metadata.delete(NOTED);
  for (const name of UPSTREAMS_OWN) exchange.response.removeHeader(name);
  for (const [name, value] of rateHeaders(noted, settings, nowMs)) exchange.response.setHeader(name, value);
}

/** Limits of what stands behind the upstream, which its clients would take for this gateway's. */
const UPSTREAMS_OWN = ['limit', 'remaining', 'reset'].flatMap((what) => [
  `x-ratelimit-${what}-requests`,
  `x-ratelimit-${what}-tokens`,
]);

const NOTED = 'tidegate.rate-charges';

/** Only noteCharge writes under NOTED. */
function isCharges(value: unknown): value is readonly Charge[] {
  return Array.isArray(value) && value.length > 0;
}

function secondsUntil(atMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((atMs - nowMs) / 1000));
}

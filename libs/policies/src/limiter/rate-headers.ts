import type { Exchange, ImmediateResponse } from '@tidegate/policy-sdk';

import type { Decision, Quota } from './quota.ts';
import type { LimiterSettings } from './settings.ts';

/** What one limit said about one request. */
export interface Charge {
  readonly quotaName: string;
  readonly quota: Quota;
  readonly decision: Decision;
}

type Header = readonly [name: string, value: string];
type HeaderSettings = LimiterSettings['headers'];

/**
 * `x-ratelimit-limit|remaining|reset` (reset = unix seconds) of the limit with the least left, and the IETF pair
 * `ratelimit-policy`, `ratelimit` (draft-ietf-httpapi-ratelimit-headers) listing all of them. `charges` must not be empty.
 */
export function rateHeaders(charges: readonly Charge[], settings: HeaderSettings, nowMs: number): Header[] {
  const tightest = charges.reduce((least, charge) => (charge.decision.remaining < least.decision.remaining ? charge : least));
  const headers: Header[] = [];
  if (settings.include_x_ratelimit) {
    headers.push(
      ['x-ratelimit-limit', String(tightest.quota.limit)],
      ['x-ratelimit-remaining', String(tightest.decision.remaining)],
      ['x-ratelimit-reset', String(Math.ceil(tightest.decision.resetAtMs / 1000))],
    );
  }
  if (settings.include_ietf) {
    headers.push(
      ['ratelimit-policy', joined(charges, ({ quotaName, quota }) => policyOf(quotaName, quota))],
      [
        'ratelimit',
        joined(
          charges,
          ({ quotaName, decision }) => `"${quotaName}";r=${decision.remaining};t=${secondsUntil(decision.resetAtMs, nowMs)}`,
        ),
      ],
    );
  }
  return headers;
}

/** Almost always there is one. */
function joined(charges: readonly Charge[], text: (charge: Charge) => string): string {
  const [only] = charges;
  return only !== undefined && charges.length === 1 ? text(only) : charges.map(text).join(', ');
}

/** The same for every request of a limit: written once. */
const policies = new WeakMap<Quota, { readonly quotaName: string; readonly text: string }>();

function policyOf(quotaName: string, quota: Quota): string {
  const known = policies.get(quota);
  if (known?.quotaName === quotaName) return known.text;
  const text = `"${quotaName}";q=${quota.limit};w=${Math.ceil(quota.windowMs / 1000)}`;
  policies.set(quota, { quotaName, text });
  return text;
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

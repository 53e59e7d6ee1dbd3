import { cacheControl, type Directives, secondsOf } from './cache-control.ts';
import { fieldOf, type Entry } from './entry.ts';

/** How long an answer may be used, and when it has to be asked for again. */
export interface Freshness {
  /** Age at `atMs`, ms (RFC 9111 §4.2.3, corrected_initial_age) */
  readonly initialAgeMs: number;
  readonly atMs: number;
  readonly lifetimeMs: number;
  /** Never to be used without asking the upstream */
  readonly noCache: boolean;
  /** Never to be used stale */
  readonly mustRevalidate: boolean;
  /** Beyond the lifetime, ms */
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

export interface FreshnessDefaults {
  readonly defaultTtlSeconds: number;
  readonly staleWhileRevalidateSeconds: number;
  readonly staleIfErrorSeconds: number;
}

interface Received {
  readonly status: number;
  readonly headers: Entry['headers'];
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** `lifetimeMs` = what the upstream says, or the default; `null` = neither says anything. */
export function freshnessOf({ status, headers, askedMs, answeredMs }: Received, defaults: FreshnessDefaults) {
  const directives = cacheControl(fieldOf(headers, 'cache-control'));
  const dateMs = dateOf(headers, 'date') ?? answeredMs;
  const ageValueMs = 1000 * Number(/^\d{1,10}/.exec(fieldOf(headers, 'age') ?? '')?.[0] ?? 0);
  const initialAgeMs = Math.max(0, answeredMs - dateMs, ageValueMs + (answeredMs - askedMs));
  const explicitMs = explicitLifetimeMs(directives, headers, dateMs);
  const heuristic = HEURISTIC.has(status);
  const defaultMs = defaults.defaultTtlSeconds > 0 && heuristic ? defaults.defaultTtlSeconds * 1000 : null;
  const lifetimeMs = explicitMs ?? defaultMs;
  // Of an answer that nobody said was fresh for any time, nothing is given unasked.
  const staleAtAll = lifetimeMs === null ? 0 : 1000;
  const shared = directives.has('s-maxage');
  const freshness: Freshness = {
    initialAgeMs,
    atMs: answeredMs,
    lifetimeMs: lifetimeMs ?? 0,
    noCache: directives.has('no-cache'),
    // s-maxage means proxy-revalidate (§5.2.2.10).
    mustRevalidate: directives.has('must-revalidate') || directives.has('proxy-revalidate') || shared,
    staleWhileRevalidateMs:
      staleAtAll * (secondsOf(directives, 'stale-while-revalidate') ?? defaults.staleWhileRevalidateSeconds),
    staleIfErrorMs: staleAtAll * (secondsOf(directives, 'stale-if-error') ?? defaults.staleIfErrorSeconds),
  };
  return { freshness, directives, explicit: explicitMs !== null, known: lifetimeMs !== null, heuristic };
}

/** Statuses that may be kept without the upstream saying for how long (RFC 9110 §15.1); 206 is not kept at all. */
const HEURISTIC = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

function explicitLifetimeMs(directives: Directives, headers: Entry['headers'], dateMs: number): number | null {
  const seconds = secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age');
  if (seconds !== null) return seconds * 1000;
  if (fieldOf(headers, 'expires') === undefined) return null;
  // Not a date, "0" above all: has expired already (§5.3).
  const expiresMs = dateOf(headers, 'expires');
  return expiresMs === null ? 0 : Math.max(0, expiresMs - dateMs);
}

function dateOf(headers: Entry['headers'], name: string): number | null {
  const text = fieldOf(headers, name) ?? '';
  // Date.parse reads far more than an HTTP-date ("-1", "next 2099"); every HTTP-date names its day, and all but the oldest end in GMT.
  const ms = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .* GMT$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** Infinity = a clock stepped back behind the answer: nobody can say how old it is. */
export function ageMs({ initialAgeMs, atMs }: Freshness, nowMs: number): number {
  return nowMs < atMs ? Infinity : initialAgeMs + (nowMs - atMs);
}

/** What a request asks of stored answers. */
export interface Demands {
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly onlyIfCached: boolean;
  /** ms; `null` = does not say */
  readonly maxAgeMs: number | null;
  readonly minFreshMs: number;
  /** Infinity = however stale */
  readonly maxStaleMs: number;
}

export const NO_DEMANDS: Demands = {
  noStore: false,
  noCache: false,
  onlyIfCached: false,
  maxAgeMs: null,
  minFreshMs: 0,
  maxStaleMs: 0,
};

export function demandsOf(header: string | undefined): Demands {
  if (header === undefined) return NO_DEMANDS;
  const directives = cacheControl(header);
  const maxAge = secondsOf(directives, 'max-age');
  return {
    noStore: directives.has('no-store'),
    noCache: directives.has('no-cache'),
    onlyIfCached: directives.has('only-if-cached'),
    maxAgeMs: maxAge === null ? null : maxAge * 1000,
    minFreshMs: 1000 * (secondsOf(directives, 'min-fresh') ?? 0),
    maxStaleMs: directives.get('max-stale') === '' ? Infinity : 1000 * (secondsOf(directives, 'max-stale') ?? 0),
  };
}

/**
 * fresh: to be given as it is · stale: given while it is asked for anew · validate: only after asking.
 */
export type Use = 'fresh' | 'stale' | 'validate';

export function useOf(freshness: Freshness, demands: Demands, nowMs: number): Use {
  if (freshness.noCache || demands.noCache) return 'validate';
  const age = ageMs(freshness, nowMs);
  if (demands.maxAgeMs !== null && age > demands.maxAgeMs) return 'validate';
  const staleMs = age - freshness.lifetimeMs;
  if (staleMs < 0 && -staleMs >= demands.minFreshMs) return 'fresh';
  if (freshness.mustRevalidate || staleMs < 0) return 'validate';
  if (staleMs <= demands.maxStaleMs && demands.maxStaleMs > 0) return 'fresh';
  return staleMs < freshness.staleWhileRevalidateMs ? 'stale' : 'validate';
}

/** May be given because the upstream failed (RFC 5861 §4) */
export function coversErrors(freshness: Freshness, nowMs: number): boolean {
  if (freshness.mustRevalidate || freshness.noCache) return false;
  return ageMs(freshness, nowMs) - freshness.lifetimeMs < freshness.staleIfErrorMs;
}

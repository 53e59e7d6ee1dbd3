import { fieldOf, type Entry } from './entry.ts';
import { freshnessOf, type Freshness, type FreshnessDefaults } from './freshness.ts';

export interface Asked {
  /** Authorization as the client sent it, or as it goes up */
  readonly authorized: boolean;
  readonly cookies: boolean;
  /** no-store in the request */
  readonly noStore: boolean;
  readonly askedMs: number;
  readonly answeredMs: number;
}

interface Answered {
  readonly status: number;
  readonly headers: Entry['headers'];
}

/** When and how an answer may be stored by a shared cache, of RFC 9111 §3; `null` = it must not be, or would be of no use. */
export function storableAs({ status, headers }: Answered, asked: Asked, defaults: FreshnessDefaults): Freshness | null {
  const { askedMs, answeredMs } = asked;
  // Parts (206), confirmations (304) and interim answers are no answers to keep.
  if (status < 200 || status === 206 || status === 304 || status > 599 || asked.noStore) return null;
  const { freshness, directives, explicit, known, heuristic } = freshnessOf({ status, headers, askedMs, answeredMs }, defaults);
  if (directives.has('no-store') || directives.has('private')) return null;
  // Sets something for one client; a stored one would hand it to others.
  if (fieldOf(headers, 'set-cookie') !== undefined) return null;
  if (fieldOf(headers, 'content-range') !== undefined) return null;
  // §3.5
  const open = ['public', 's-maxage', 'must-revalidate'].some((name) => directives.has(name));
  if (asked.authorized && !open) return null;
  if (!explicit && (asked.authorized || asked.cookies)) return null;
  // With a validator it is of use even so: its body is not sent again.
  if (!known && !(heuristic && hasValidator(headers))) return null;
  return usable(freshness, headers) ? freshness : null;
}

/** Stale from the first moment and without a validator: never to be given again. */
function usable({ lifetimeMs, noCache, staleWhileRevalidateMs, staleIfErrorMs }: Freshness, headers: Entry['headers']): boolean {
  if (hasValidator(headers)) return true;
  return !noCache && lifetimeMs + staleWhileRevalidateMs + staleIfErrorMs > 0;
}

export function hasValidator(headers: Entry['headers']): boolean {
  return fieldOf(headers, 'etag') !== undefined || fieldOf(headers, 'last-modified') !== undefined;
}

/**
 * The request headers that select among answers, from Vary; `null` = nobody can say which ("*"), or those that this gateway
 * makes for each request anew.
 */
export function selectingNames(headers: Entry['headers'], always: readonly string[]): readonly string[] | null {
  const vary = (fieldOf(headers, 'vary') ?? '').split(',').map((name) => name.trim().toLowerCase());
  const names = vary.filter((name) => name !== '');
  if (names.length > SELECTING_MAX || names.some((name) => name === '*' || OF_THIS_GATEWAY.has(name))) return null;
  return [...new Set([...always, ...names])].sort();
}

const SELECTING_MAX = 30;
const OF_THIS_GATEWAY = new Set([
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'traceparent',
  'tracestate',
]);

/** A 304's news put over what is stored (§3.2): what is said of the body stays as it was stored. */
export function freshened(stored: Entry['headers'], news: Entry['headers']): Entry['headers'] {
  const taken = news.filter(([name]) => !OF_THE_BODY.has(name));
  const names = new Set(taken.map(([name]) => name));
  return [...stored.filter(([name]) => !names.has(name)), ...taken];
}

const OF_THE_BODY = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'etag',
  'age',
  'transfer-encoding',
]);

/** Does this 304 confirm that entry? Without an ETag of its own it can only mean what it was asked about (§4.3.4). */
export function confirms(news: Entry['headers'], { headers }: Entry): boolean {
  const told = fieldOf(news, 'etag');
  return told === undefined || weak(told) === weak(fieldOf(headers, 'etag') ?? '');
}

export function weak(etag: string): string {
  return etag.replace(/^W\//, '');
}

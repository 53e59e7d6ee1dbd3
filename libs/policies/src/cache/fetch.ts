import type { Exchange, ForwardOutcome, UpstreamAnswer } from '@tidegate/policy-sdk';

import { type Entry, fieldOf } from './entry.ts';
import type { Flight } from './flights.ts';
import { coversErrors, type Freshness } from './freshness.ts';
import { askWhether, withoutConditions } from './serve.ts';
import type { Shelf, Wanted } from './shelf.ts';
import { confirms, freshened, hasValidator, selectingNames, storableAs } from './storable.ts';

/** What is to be given from the store, and why; or what came. */
export type Fetched = ForwardOutcome | { readonly is: 'stored'; readonly entry: Entry; readonly how: string };

type Head = Pick<Entry, 'status' | 'headers'>;

/** Everything that goes upstream for the cache. */
export function fetcher({ store, flights, params, now }: Shelf) {
  /** The stored form of an answer, as yet without its body; `null` = it is not to be stored */
  const shapeOf = (head: Head, { exchange, partition, demands }: Wanted, asking: Asking): Omit<Entry, 'body'> | null => {
    const names = selectingNames(
      head.headers,
      params.varyHeaders.map((name) => name.toLowerCase()),
    );
    const asked = { ...asking, noStore: demands.noStore, answeredMs: now() };
    const freshness = storableAs(head, asked, params);
    if (names === null || freshness === null) return null;
    const selecting = names.map((name) => [name, exchange.upstreamHeader(name)] as const);
    return {
      partition,
      selecting,
      status: head.status,
      headers: head.headers.filter(([name]) => !MOMENTARY.has(name)),
      freshness,
    };
  };

  const put = (entry: Entry, { key }: Wanted, { flight, replaces }: { flight: Flight; replaces: Entry | null }): void => {
    if (!flight.spoilt) store.put(key, entry, replaces);
  };

  /** A stored answer with the news of a 304. Kept if it still may be; given to this request in any case. */
  const renewed = (found: Entry, news: Head, { wanted, flight, askedMs }: Renewal): Entry => {
    const head = { status: found.status, headers: freshened(found.headers, news.headers) };
    // Nothing of this request's answer is stored but what is said of the one that is.
    const shape = shapeOf(head, wanted, { askedMs, authorized: false, cookies: false });
    if (shape === null) {
      store.remove(wanted.key, found);
      return { ...found, headers: head.headers, freshness: justAsked(found.freshness, now()) };
    }
    // What selected it then selects it now: the request that asked may differ in what it sent.
    const entry = { ...shape, selecting: found.selecting, body: found.body };
    put(entry, wanted, { flight, replaces: found });
    return entry;
  };

  const tapInto = (answer: UpstreamAnswer, wanted: Wanted, { flight, found, askedMs }: Taking): boolean => {
    const headers = answer.headers();
    const shape = shapeOf({ status: answer.status, headers }, wanted, { askedMs, ...credentialsOf(wanted.exchange) });
    const length = Number(fieldOf(headers, 'content-length') ?? 0);
    if (shape === null || length > params.entryBytesMax) {
      // What was stored before is not what there is now.
      if (found !== null && answer.status < 500) store.remove(wanted.key, found);
      flight.end(answer.status < 500 && !PARTIAL.has(answer.status) ? 'alone' : 'unknown');
      return false;
    }
    let bytes = 0;
    const pieces: Uint8Array[] = [];
    answer.tap({
      data(piece) {
        bytes += piece.byteLength;
        if (bytes <= params.entryBytesMax) pieces.push(Buffer.from(piece));
        else pieces.length = 0;
      },
      end(complete) {
        const fits = bytes <= params.entryBytesMax;
        if (complete && fits) put({ ...shape, body: Buffer.concat(pieces) }, wanted, { flight, replaces: found });
        flight.end(complete ? (fits ? 'shared' : 'alone') : 'unknown');
      },
    });
    return true;
  };

  /** Asks the upstream in this request's name; others wait for what comes. */
  const ask = async (found: Entry | null, wanted: Wanted): Promise<Fetched> => {
    const { exchange, forwarder } = wanted;
    const flight = flights.lead(wanted.demands.noStore ? null : wanted.flight, wanted.key);
    const validates = found !== null && hasValidator(found.headers);
    if (validates) askWhether(found, exchange);
    const askedMs = now();
    try {
      const outcome = await forwarder.send();
      if (found !== null && hasFailed(outcome) && coversErrors(found.freshness, now())) {
        flight.end('unknown');
        return { is: 'stored', entry: found, how: 'hit; detail=stale-if-error' };
      }
      if (outcome.is !== 'answered') {
        flight.end('unknown');
        return outcome;
      }
      const { answer } = outcome;
      if (validates && answer.status === 304) {
        const news = { status: 304, headers: answer.headers() };
        if (confirms(news.headers, found)) {
          const entry = renewed(found, news, { wanted, flight, askedMs });
          flight.end('shared');
          return { is: 'stored', entry, how: 'fwd=stale; fwd-status=304' };
        }
        // It speaks of something that is not stored here: asked again, without conditions.
        flight.end('unknown');
        store.remove(wanted.key, found);
        withoutConditions(exchange);
        return await ask(null, wanted);
      }
      const stored = tapInto(answer, wanted, { flight, found, askedMs });
      if (params.statusHeader)
        exchange.addResponseHeader(
          'cache-status',
          `tidegate; fwd=${found === null ? 'miss' : 'stale'}${stored ? '; stored' : ''}`,
        );
      return outcome;
    } catch (error) {
      flight.end('unknown');
      throw error;
    }
  };

  /** Asks for what is being given stale, once at a time, beside the request that found it. */
  const refresh = (found: Entry, wanted: Wanted): void => {
    if (flights.busy(wanted.flight)) return;
    const flight = flights.lead(wanted.flight, wanted.key);
    if (hasValidator(found.headers)) askWhether(found, wanted.exchange);
    else withoutConditions(wanted.exchange);
    const askedMs = now();
    const sent = wanted.forwarder.sendApart(params.entryBytesMax).then((outcome) => {
      if (outcome.is === 'failed') return;
      if (outcome.status === 304) {
        if (confirms(outcome.headers, found)) renewed(found, outcome, { wanted, flight, askedMs });
        else store.remove(wanted.key, found);
        return;
      }
      if (FAILED.has(outcome.status)) return;
      const shape = shapeOf(outcome, wanted, { askedMs, ...credentialsOf(wanted.exchange) });
      if (shape === null) store.remove(wanted.key, found);
      else put({ ...shape, body: outcome.body }, wanted, { flight, replaces: found });
    });
    void sent.finally(() => flight.end('unknown'));
  };

  return { ask, refresh };
}

interface Asking {
  readonly askedMs: number;
  readonly authorized: boolean;
  readonly cookies: boolean;
}

interface Renewal {
  readonly wanted: Wanted;
  readonly flight: Flight;
  readonly askedMs: number;
}

interface Taking {
  readonly flight: Flight;
  readonly found: Entry | null;
  readonly askedMs: number;
}

/** Said anew with every answer. */
const MOMENTARY = new Set(['age', 'content-length', 'connection', 'keep-alive']);
/** They answer what this client asked about, and say nothing of what others will get. */
const PARTIAL = new Set([206, 304]);
/** RFC 5861 §4 */
const FAILED = new Set([500, 502, 503, 504]);

function hasFailed(outcome: ForwardOutcome): boolean {
  return outcome.is === 'failed' || (outcome.is === 'answered' && FAILED.has(outcome.answer.status));
}

function credentialsOf(exchange: Exchange): { authorized: boolean; cookies: boolean } {
  const authorization = exchange.requestHeader('authorization') ?? exchange.upstreamHeader('authorization');
  return { authorized: authorization !== undefined, cookies: exchange.requestHeader('cookie') !== undefined };
}

function justAsked(freshness: Freshness, nowMs: number): Freshness {
  return { ...freshness, initialAgeMs: 0, atMs: nowMs };
}

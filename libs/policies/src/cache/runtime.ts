import { randomUUID } from 'node:crypto';

import {
  type BuildContext,
  definePolicyRuntime,
  type Exchange,
  type Forwarder,
  type ForwardOutcome,
  type Policy,
} from '@tidegate/policy-sdk';

import { cache, type CacheParams } from './definition.ts';
import type { Entry } from './entry.ts';
import { fetcher } from './fetch.ts';
import { createFlights, type Flights } from './flights.ts';
import { demandsOf, NO_DEMANDS, useOf } from './freshness.ts';
import { keyOf, keyOfReference, partitionOf, selected } from './lookup.ts';
import { NOT_CACHED, storedAnswer } from './serve.ts';
import { cacheSettings } from './settings.ts';
import type { Shelf, Wanted } from './shelf.ts';
import { createStore, type Store } from './store.ts';

/** Answers are stored as the upstream gave them: the response phases run over a stored one as over a new one. */
export const cacheRuntime = definePolicyRuntime<CacheParams>({
  definition: cache,
  build(params, context): Policy {
    const { now } = context;
    const namespace = namespaceOf(context);
    const shelf: Shelf = { ...commonOf(context), params, now };
    const { ask, refresh } = fetcher(shelf);

    const give = (entry: Entry, { exchange }: Wanted, how: string): ForwardOutcome => {
      if (params.statusHeader) exchange.addResponseHeader('cache-status', `tidegate; ${how}`);
      return { is: 'own', response: storedAnswer(entry, exchange, now()) };
    };
    const find = ({ key, partition, exchange }: Wanted): Entry | null => selected(shelf.store.entries(key), partition, exchange);

    const read = async (wanted: Wanted): Promise<ForwardOutcome> => {
      const { demands, flight, exchange } = wanted;
      const found = find(wanted);
      const use = found === null ? 'validate' : useOf(found.freshness, demands, now());
      if (found !== null && use === 'fresh') return give(found, wanted, 'hit');
      if (demands.onlyIfCached) return { is: 'own', response: NOT_CACHED };
      if (found !== null && use === 'stale') {
        refresh(found, wanted);
        return give(found, wanted, 'hit; detail=stale');
      }
      // Whoever insists on asking does not wait for another's answer; what is never stored is nobody's to wait for.
      const underWay = demands.noCache || demands.noStore ? null : shelf.flights.join(flight);
      if (underWay !== null) {
        await underWay;
        const brought = find(wanted);
        if (brought !== null && useOf(brought.freshness, demands, now()) === 'fresh')
          return give(brought, wanted, 'hit; collapsed');
      }
      // A HEAD brings nothing to store; a request that may not be stored asks like any other.
      if (exchange.upstream.method === 'HEAD') return passedBy(wanted);
      const outcome = await ask(found, wanted);
      return 'entry' in outcome ? give(outcome.entry, wanted, outcome.how) : outcome;
    };
    const passedBy = (wanted: Wanted): Promise<ForwardOutcome> => {
      if (params.statusHeader) wanted.exchange.addResponseHeader('cache-status', 'tidegate; fwd=method');
      return wanted.forwarder.send();
    };

    /** A write that the upstream has taken makes out of date what is stored of its target (RFC 9111 §4.4). */
    const write = async (exchange: Exchange, forwarder: Forwarder): Promise<ForwardOutcome> => {
      const outcome = await forwarder.send();
      if (outcome.is === 'answered' && outcome.answer.status < 400) {
        const { answer } = outcome;
        const named = ['location', 'content-location'].map((name) => keyOfReference(answer.header(name), exchange, namespace));
        for (const key of new Set([keyOf(exchange, namespace), ...named])) {
          if (key === null) continue;
          shelf.flights.spoil(key);
          shelf.store.clear(key);
        }
      }
      return outcome;
    };

    return {
      forward(exchange, forwarder) {
        const { method } = exchange.upstream;
        if (!SAFE.has(method)) return write(exchange, forwarder);
        if (!isReadable(exchange, forwarder)) return forwarder.send();
        const key = keyOf(exchange, namespace);
        const partition = params.consumers === 'separate' ? partitionOf(exchange) : '';
        const demands = params.clientDirectives ? demandsOf(exchange.requestHeader('cache-control')) : NO_DEMANDS;
        return read({ exchange, forwarder, key, partition, flight: `${key} ${partition}`, demands });
      },
    };
  },
});

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

const NEVER_WITH = ['if-match', 'if-unmodified-since', 'upgrade'];

/** Requests that stored answers may answer: without a body, conditions that only the upstream can judge, or another protocol. */
function isReadable(exchange: Exchange, { repeatable }: Forwarder): boolean {
  const { upstream } = exchange;
  if (upstream.method !== 'GET' && upstream.method !== 'HEAD') return false;
  if (!repeatable || upstream.body !== null) return false;
  return NEVER_WITH.every((name) => exchange.requestHeader(name) === undefined);
}

function commonOf({ shared, settings, now }: BuildContext): { store: Store; flights: Flights } {
  const { memory } = cacheSettings.parse(settings);
  return shared('cache', () => ({ store: createStore(memory.max_bytes), flights: createFlights(now) }));
}

/** Keys of one attachment, for as long as it and the upstreams of its API stay as they are; what is left behind is pushed out. */
function namespaceOf({ state, upstreamsKey }: BuildContext): string {
  const kept = state(() => ({ namespace: randomUUID(), upstreamsKey }));
  if (kept.upstreamsKey !== upstreamsKey) Object.assign(kept, { namespace: randomUUID(), upstreamsKey });
  return kept.namespace;
}

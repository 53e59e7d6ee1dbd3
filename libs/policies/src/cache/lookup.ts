import type { Exchange } from '@tidegate/policy-sdk';

import type { Entry } from './entry.ts';

/** What is asked for, whoever asks: the same for every method, so that a write finds what it makes out of date. */
export function keyOf({ scheme, host, route, upstream }: Exchange, namespace: string): string {
  return keyOfTarget({ scheme, host, route, upstream }, { namespace, path: upstream.path, query: upstream.query });
}

interface Target {
  readonly namespace: string;
  /** Behind the context */
  readonly path: string;
  readonly query: string;
}

function keyOfTarget(
  { scheme, host, route, upstream }: Pick<Exchange, 'scheme' | 'host' | 'route' | 'upstream'>,
  { namespace, path, query }: Target,
): string {
  const place = `${upstream.target ?? route.upstream} ${upstream.host ?? ''}`;
  return `${namespace} ${scheme}://${host.toLowerCase()} ${place} ${path}${query}`;
}

/** The key of another address that an answer names, if it is of this API (RFC 9111 §4.4); else `null`. */
export function keyOfReference(reference: string | undefined, exchange: Exchange, namespace: string): string | null {
  const { scheme, host, path, query, route } = exchange;
  if (reference === undefined || !URL.canParse(reference, `${scheme}://${host}${path}${query}`)) return null;
  const url = new URL(reference, `${scheme}://${host}${path}${query}`);
  if (url.host !== new URL(`${scheme}://${host}`).host || !url.pathname.startsWith(`${route.context}/`)) return null;
  return keyOfTarget(exchange, { namespace, path: url.pathname.slice(route.context.length), query: url.search });
}

/** Who shares stored answers with whom: every authentication of the request counts. '' = everybody */
export function partitionOf({ auth }: Exchange): string {
  let partition = '';
  for (let context = auth; context !== null; context = context.previous)
    partition += `${JSON.stringify([context.type, context.subject])} `;
  return partition;
}

/** The newest stored answer that this request selects (RFC 9111 §4.1) */
export function selected(entries: readonly Entry[], partition: string, exchange: Exchange): Entry | null {
  return (
    entries.find(
      (entry) =>
        entry.partition === partition && entry.selecting.every(([name, value]) => exchange.upstreamHeader(name) === value),
    ) ?? null
  );
}

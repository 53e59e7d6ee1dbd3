import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

import type { Target } from '@tidegate/gateway-ir';

import { type EndpointLoad, newEndpointLoad } from './endpoint-load.ts';

/** Where to connect to for a target, and over which pool of connections. */
export interface Endpoint {
  readonly scheme: 'http' | 'https';
  /** Address to connect to; the target's own, or what an override says */
  readonly host: string;
  readonly port: number;
  readonly agent: HttpAgent;
  readonly load: EndpointLoad;
  /** `null` = plain TCP */
  readonly tls: EndpointTls | null;
  /** Host header under HOST_REWRITE_AUTO: the target's name, without the port as the reference gateway does (§1.10) */
  readonly hostHeader: string;
  /** "scheme://host:port" of the target, for the access line */
  readonly label: string;
}

export interface EndpointTls {
  readonly secureContext: SecureContext;
  /** SNI; "" = none, for addresses (RFC 6066) */
  readonly servername: string;
  /** What the certificate must be for: the document's name, also when an override connects elsewhere */
  readonly verifiedName: string;
}

export interface EndpointOptions {
  /** `router.upstream.host_overrides`: "host[:port]" → "host:port" */
  readonly overrides: Readonly<Record<string, string>>;
  /** `router.upstream.tls.ca_file`; "" = system authorities alone */
  readonly caFile: string;
  /** Told once for each override when it first leads somewhere else */
  readonly onOverride: (from: string, to: string) => void;
}

export interface Endpoints {
  of(target: Target): Endpoint;
  /** Open connections over all pools; looks at every one of them, so for scrapes and not for requests */
  sockets(): { readonly idle: number; readonly busy: number };
  /** Drops idle connections; those in use finish. */
  close(): void;
}

/** Keep-alive connections that wait for the next request: per target at most this many, at most this long (invariant 9). */
const IDLE_SOCKETS_MAX = 256;
const IDLE_MS = 60_000;
/** Pools that are remembered; the idle connections of forgotten ones end by themselves. */
const POOLS_MAX = 10_000;

/** Throws when the CA file cannot be read: an operator must mend it before anything is served. */
export function createEndpoints(options: EndpointOptions): Endpoints {
  const secureContext = createSecureContext({ ca: authorities(options.caFile) });
  const overrides = new Map(Object.entries(options.overrides).map(([from, to]) => [from.toLowerCase(), to]));
  const byTarget = new WeakMap<Target, Endpoint>();
  // Deployments come and go, targets stay the same: pools are found by what they connect to.
  const byLabel = new Map<string, Endpoint>();

  const make = (target: Target): Endpoint => {
    const label = `${target.scheme}://${bracketed(target.host)}:${target.port}`;
    const known = byLabel.get(label);
    if (known !== undefined) return known;
    const place = placeOf(target, overrides, options.onOverride);
    const endpoint = connectable(target, { ...place, label, secureContext });
    if (byLabel.size >= POOLS_MAX) byLabel.clear();
    byLabel.set(label, endpoint);
    return endpoint;
  };

  return {
    of(target) {
      const endpoint = byTarget.get(target) ?? make(target);
      byTarget.set(target, endpoint);
      return endpoint;
    },
    sockets() {
      const agents = [...byLabel.values()].map(({ agent }) => agent);
      return { idle: sum(agents.map(({ freeSockets }) => freeSockets)), busy: sum(agents.map(({ sockets }) => sockets)) };
    },
    close() {
      for (const { agent } of byLabel.values()) agent.destroy();
    },
  };
}

function sum(pools: readonly HttpAgent['sockets'][]): number {
  return pools.flatMap((pool) => Object.values(pool)).reduce((total, sockets) => total + (sockets?.length ?? 0), 0);
}

interface Place {
  readonly host: string;
  readonly port: number;
}

function placeOf(
  { host, port }: Target,
  overrides: ReadonlyMap<string, string>,
  onOverride: EndpointOptions['onOverride'],
): Place {
  const name = bracketed(host).toLowerCase();
  const to = overrides.get(`${name}:${port}`) ?? overrides.get(name);
  if (to === undefined) return { host, port };
  onOverride(`${name}:${port}`, to);
  const colon = to.lastIndexOf(':');
  return { host: to.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(to.slice(colon + 1)) };
}

function connectable(target: Target, link: Place & { label: string; secureContext: SecureContext }): Endpoint {
  const { host, port, label, secureContext } = link;
  const pool = { keepAlive: true, maxFreeSockets: IDLE_SOCKETS_MAX, scheduling: 'lifo', timeout: IDLE_MS } as const;
  const hostHeader = bracketed(target.host);
  if (target.scheme !== 'https')
    return { scheme: 'http', host, port, label, hostHeader, agent: new HttpAgent(pool), load: newEndpointLoad(), tls: null };
  const tls = { secureContext, servername: isIP(target.host) === 0 ? target.host : '', verifiedName: target.host };
  const agent = new HttpsAgent({
    ...pool,
    secureContext,
    rejectUnauthorized: true,
    servername: tls.servername,
    checkServerIdentity: (_connectedTo, certificate) => checkServerIdentity(target.host, certificate),
  });
  return { scheme: 'https', host, port, label, hostHeader, agent, load: newEndpointLoad(), tls };
}

function authorities(caFile: string): string[] {
  const own = caFile === '' ? [] : [readFileSync(caFile, 'utf8')];
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')]), ...own];
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

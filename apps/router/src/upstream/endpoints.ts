import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { checkServerIdentity, type SecureContext } from 'node:tls';

import type { Target } from '@tidegate/gateway-ir';

import { type EndpointLoad, newEndpointLoad } from './endpoint-load.ts';
import type { ResolvedName, Resolver } from './resolver.ts';
import type { UpstreamTls } from './upstream-tls.ts';

/** Where to connect to for a target, and over which pool of connections. */
export interface Endpoint {
  readonly scheme: 'http' | 'https';
  /** Address to connect to; the target's own, or what an override says */
  readonly host: string;
  readonly port: number;
  /** `null` = `host` is an address */
  readonly name: ResolvedName | null;
  /** An address where nobody may connect to (`router.upstream.denied_networks`) */
  readonly denied: boolean;
  /** Another one has taken its place: what is under way ends here, and no connection is kept */
  retired: boolean;
  readonly agent: HttpAgent;
  readonly load: EndpointLoad;
  /** `null` = plain TCP */
  readonly tls: EndpointTls | null;
  /** Host header under HOST_REWRITE_AUTO: the target's name, without the port as the reference gateway does (§1.10) */
  readonly hostHeader: string;
  /** "scheme://host:port" of the target, for the access line */
  readonly label: string;
}

/** As `tls.connect` takes it */
export interface EndpointTls {
  readonly secureContext: SecureContext;
  /** SNI; "" = none, for addresses (RFC 6066) */
  readonly servername: string;
  readonly rejectUnauthorized: true;
  /** The certificate must be for the document's name, also when an override connects elsewhere */
  readonly checkServerIdentity: typeof checkServerIdentity;
}

export interface EndpointOptions {
  /** `router.upstream.host_overrides`: "host[:port]" → "host:port" */
  readonly overrides: Readonly<Record<string, string>>;
  readonly tls: UpstreamTls;
  readonly resolver: Resolver;
  readonly isDenied: (address: string) => boolean;
  /** Told once for each override when it first leads somewhere else */
  readonly onOverride: (from: string, to: string) => void;
}

export interface Endpoints {
  of(target: Target): Endpoint;
  /** Open connections over all pools; looks at every one of them, so for scrapes and not for requests */
  sockets(): { readonly idle: number; readonly busy: number };
  /** Trust or identities have changed: connections made under the old ones carry what they carry, and nothing more. */
  renewTls(): void;
  /** Drops idle connections; those in use finish. */
  close(): void;
}

/** Keep-alive connections that wait for the next request: per target at most this many, at most this long (invariant 9). */
const IDLE_SOCKETS_MAX = 256;
const IDLE_MS = 60_000;
/** Pools that are remembered; the idle connections of forgotten ones end by themselves. */
const POOLS_MAX = 10_000;

export function createEndpoints(options: EndpointOptions): Endpoints {
  const overrides = new Map(Object.entries(options.overrides).map(([from, to]) => [from.toLowerCase(), to]));
  let byTarget = new WeakMap<Target, Endpoint>();
  // Deployments come and go, targets stay the same: pools are found by what they connect to.
  const byLabel = new Map<string, Endpoint>();

  const make = (target: Target): Endpoint => {
    const label = `${target.scheme}://${bracketed(target.host)}:${target.port}`;
    const known = byLabel.get(label);
    if (known !== undefined && !known.retired) return known;
    const place = placeOf(target, overrides, options.onOverride);
    const endpoint = connectable(target, { ...place, label, options, load: known?.load ?? newEndpointLoad() });
    if (byLabel.size >= POOLS_MAX) byLabel.clear();
    byLabel.set(label, endpoint);
    return endpoint;
  };

  return {
    of(target) {
      const known = byTarget.get(target);
      const endpoint = known === undefined ? make(target) : known;
      if (known === undefined) byTarget.set(target, endpoint);
      if (endpoint.name !== null) endpoint.name.used = true;
      return endpoint;
    },
    sockets() {
      const agents = [...byLabel.values()].map(({ agent }) => agent);
      return { idle: sum(agents.map(({ freeSockets }) => freeSockets)), busy: sum(agents.map(({ sockets }) => sockets)) };
    },
    renewTls() {
      options.tls.renew();
      byTarget = new WeakMap();
      for (const endpoint of byLabel.values()) if (endpoint.tls !== null) retire(endpoint);
    },
    close() {
      for (const { agent } of byLabel.values()) agent.destroy();
    },
  };
}

function retire(endpoint: Endpoint): void {
  endpoint.retired = true;
  for (const socket of Object.values(endpoint.agent.freeSockets).flat()) socket?.destroy();
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

interface Link extends Place {
  readonly label: string;
  readonly options: EndpointOptions;
  readonly load: EndpointLoad;
}

function connectable(target: Target, { host, port, label, options, load }: Link): Endpoint {
  const isAddress = isIP(host) !== 0;
  const name = isAddress ? null : options.resolver.of(host);
  const { agent, tls } = transport(target, name, options.tls);
  const denied = isAddress && options.isDenied(host);
  const hostHeader = bracketed(target.host);
  const scheme = tls === null ? 'http' : 'https';
  const endpoint: Endpoint = { scheme, host, port, name, denied, retired: false, agent, load, tls, hostHeader, label };
  // Before the agent's own listener, which would keep it.
  agent.prependListener('free', (socket: Socket) => {
    if (endpoint.retired || name?.leadsTo(socket.remoteAddress) === false) socket.destroy();
  });
  return endpoint;
}

function transport(target: Target, name: ResolvedName | null, upstreamTls: UpstreamTls): Pick<Endpoint, 'agent' | 'tls'> {
  const lookup = name === null ? {} : { lookup: name.lookup };
  const pool = { keepAlive: true, maxFreeSockets: IDLE_SOCKETS_MAX, scheduling: 'lifo', timeout: IDLE_MS, ...lookup } as const;
  if (target.scheme !== 'https') return { agent: new HttpAgent(pool), tls: null };
  const secureContext = upstreamTls.contextFor(target.host, target.port);
  const tls: EndpointTls = {
    secureContext,
    servername: isIP(target.host) === 0 ? target.host : '',
    rejectUnauthorized: true,
    checkServerIdentity: (_connectedTo, certificate) => checkServerIdentity(target.host, certificate),
  };
  return { agent: new HttpsAgent({ ...pool, ...tls }), tls };
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

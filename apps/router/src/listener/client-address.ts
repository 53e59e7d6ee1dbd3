import { isIP } from 'node:net';

import { networkList } from '@tidegate/process';

/** Whose X-Forwarded-* headers are believed. */
export type Trust = (address: string) => boolean;

/** Entries are addresses or networks ("10.0.0.0/8", "::1"). Throws on anything else: a typo must not widen or narrow trust. */
export function trustOf(proxies: readonly string[]): Trust {
  return networkList('router.trusted_proxies', proxies);
}

export interface Forwarded {
  /** The client as far as trusted proxies vouch for it; the peer itself otherwise. Never "unknown" */
  readonly clientAddress: string;
  /** X-Forwarded-For to send upstream */
  readonly forwardedFor: string;
  readonly proto: 'http' | 'https';
  /** X-Forwarded-Host to send upstream */
  readonly forwardedHost: string;
  /** The peer is a trusted proxy */
  readonly trusted: boolean;
}

/** A client's connection, as far as that goes. */
export interface ClientLink {
  /** Address of the TCP peer */
  readonly peer: string;
  /** TLS */
  readonly encrypted: boolean;
  /** Of the last request, if its peer is not trusted: the next one's differs by its Host alone */
  known: Forwarded | null;
}

/** What `forwardedOf` says, looked up where that is possible. */
export function forwardedOn(
  link: ClientLink,
  { host, header }: Pick<ForwardedInput, 'host' | 'header'>,
  trusted: Trust,
): Forwarded {
  const { known, peer, encrypted } = link;
  if (known !== null && known.forwardedHost === host) return known;
  const forwarded = forwardedOf({ peer, host, encrypted, header }, trusted);
  if (!forwarded.trusted) link.known = forwarded;
  return forwarded;
}

export interface ForwardedInput {
  /** Address of the TCP peer */
  readonly peer: string;
  readonly host: string;
  readonly encrypted: boolean;
  readonly header: (name: string) => string | undefined;
}

/**
 * From an untrusted peer the client's own X-Forwarded-* are dropped: anyone can write them, and limits and logs rely on the
 * address. From a trusted one the list is read from the right up to the first address that is not trusted.
 */
export function forwardedOf({ peer, host, encrypted, header }: ForwardedInput, trusted: Trust): Forwarded {
  const address = peer.startsWith('::ffff:') ? peer.slice('::ffff:'.length) : peer;
  const ownProto = encrypted ? 'https' : 'http';
  if (!trusted(address))
    return { clientAddress: address, forwardedFor: address, proto: ownProto, forwardedHost: host, trusted: false };

  const claimed = (header('x-forwarded-for') ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const proto = header('x-forwarded-proto');
  return {
    clientAddress: firstUntrusted(claimed, trusted) ?? address,
    forwardedFor: [...claimed, address].join(', '),
    proto: proto === 'http' || proto === 'https' ? proto : ownProto,
    forwardedHost: header('x-forwarded-host') ?? host,
    trusted: true,
  };
}

/** `null` when the list is empty, ends in nonsense, or names only trusted proxies from its left end on. */
function firstUntrusted(claimed: readonly string[], trusted: Trust): string | null {
  let last: string | null = null;
  for (const part of claimed.toReversed()) {
    if (isIP(part) === 0) return last;
    last = part;
    if (!trusted(part)) return part;
  }
  return last;
}

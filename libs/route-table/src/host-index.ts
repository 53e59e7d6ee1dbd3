import type { BuiltRoute } from './built-route.ts';
import { addRoute, emptyTrie, type TrieNode } from './path-trie.ts';

/**
 * Virtual hosts. Exactly one is chosen for a request, and only its routes count: an API with a host of its own is not also
 * served on "*" (data-plane reference §1.2).
 */
export interface HostIndex {
  readonly exact: Map<string, Vhost>;
  readonly suffixes: AffixIndex;
  readonly prefixes: AffixIndex;
  any: Vhost | null;
}

/** One host pattern and the routes on it. */
export interface Vhost {
  readonly pattern: string;
  readonly root: TrieNode;
}

/** Texts of "*.suffix" or "prefix*" patterns without their star, and the lengths that occur, longest first. */
interface AffixIndex {
  readonly vhosts: Map<string, Vhost>;
  lengths: number[];
}

export function emptyHostIndex(): HostIndex {
  return { exact: new Map(), suffixes: emptyAffixes(), prefixes: emptyAffixes(), any: null };
}

export function addToHosts(index: HostIndex, route: BuiltRoute): void {
  for (const pattern of new Set(route.vhosts)) addRoute(vhostFor(index, pattern).root, route);
}

/**
 * Exact, then the longest "*.suffix", then the longest "prefix*", then "*". `host` is the Host header: any case, with or
 * without a port. A pattern that names a port matches only that port.
 */
export function findHost(index: HostIndex, host: string): Vhost | null {
  const full = LOWER.test(host) ? host : host.toLowerCase();
  const bare = withoutPort(full);
  return (
    index.exact.get(full) ??
    index.exact.get(bare) ??
    findSuffix(index.suffixes, full) ??
    findSuffix(index.suffixes, bare) ??
    findPrefix(index.prefixes, full) ??
    index.any
  );
}

const LOWER = /^[^A-Z]*$/;

function withoutPort(host: string): string {
  const colon = host.lastIndexOf(':');
  return colon < 0 || host.endsWith(']') ? host : host.slice(0, colon);
}

/** A star stands for at least one character: "*.wild.com" does not match "wild.com", nor ".wild.com". */
function findSuffix({ vhosts, lengths }: AffixIndex, host: string): Vhost | undefined {
  for (const length of lengths) {
    const vhost = length < host.length ? vhosts.get(host.slice(-length)) : undefined;
    if (vhost !== undefined) return vhost;
  }
  return undefined;
}

function findPrefix({ vhosts, lengths }: AffixIndex, host: string): Vhost | undefined {
  for (const length of lengths) {
    const vhost = length < host.length ? vhosts.get(host.slice(0, length)) : undefined;
    if (vhost !== undefined) return vhost;
  }
  return undefined;
}

function vhostFor(index: HostIndex, pattern: string): Vhost {
  if (pattern === '*') return (index.any ??= emptyVhost(pattern));
  if (pattern.startsWith('*')) return affixVhost(index.suffixes, pattern.slice(1), pattern);
  if (pattern.endsWith('*')) return affixVhost(index.prefixes, pattern.slice(0, -1), pattern);
  return vhostIn(index.exact, pattern, pattern);
}

function affixVhost(index: AffixIndex, text: string, pattern: string): Vhost {
  if (!index.lengths.includes(text.length)) index.lengths = [...index.lengths, text.length].sort((a, b) => b - a);
  return vhostIn(index.vhosts, text, pattern);
}

function vhostIn(vhosts: Map<string, Vhost>, key: string, pattern: string): Vhost {
  const known = vhosts.get(key);
  if (known !== undefined) return known;
  const added = emptyVhost(pattern);
  vhosts.set(key, added);
  return added;
}

function emptyVhost(pattern: string): Vhost {
  return { pattern, root: emptyTrie() };
}

function emptyAffixes(): AffixIndex {
  return { vhosts: new Map(), lengths: [] };
}

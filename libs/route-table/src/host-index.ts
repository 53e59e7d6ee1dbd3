import type { BuiltRoute } from './built-route.ts';
import { addRoute, emptyTrie, type TrieNode } from './path-trie.ts';

/**
 * Virtual hosts. Exactly one is chosen for a request, and only its routes count: an API with a host of its own is not also
 * served on "*" (data-plane reference §1.2).
 */
export interface HostIndex {
  readonly exact: Map<string, TrieNode>;
  readonly suffixes: AffixIndex;
  readonly prefixes: AffixIndex;
  any: TrieNode | null;
}

/** Texts of "*.suffix" or "prefix*" patterns without their star, and the lengths that occur, longest first. */
interface AffixIndex {
  readonly tries: Map<string, TrieNode>;
  lengths: number[];
}

export function emptyHostIndex(): HostIndex {
  return { exact: new Map(), suffixes: emptyAffixes(), prefixes: emptyAffixes(), any: null };
}

export function addToHosts(index: HostIndex, route: BuiltRoute): void {
  for (const pattern of new Set(route.vhosts)) addRoute(trieFor(index, pattern), route);
}

/**
 * Exact, then the longest "*.suffix", then the longest "prefix*", then "*". `host` is the Host header: any case, with or
 * without a port. A pattern that names a port matches only that port.
 */
export function findHost(index: HostIndex, host: string): TrieNode | null {
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
function findSuffix({ tries, lengths }: AffixIndex, host: string): TrieNode | undefined {
  for (const length of lengths) {
    const trie = length < host.length ? tries.get(host.slice(-length)) : undefined;
    if (trie !== undefined) return trie;
  }
  return undefined;
}

function findPrefix({ tries, lengths }: AffixIndex, host: string): TrieNode | undefined {
  for (const length of lengths) {
    const trie = length < host.length ? tries.get(host.slice(0, length)) : undefined;
    if (trie !== undefined) return trie;
  }
  return undefined;
}

function trieFor(index: HostIndex, pattern: string): TrieNode {
  if (pattern === '*') return (index.any ??= emptyTrie());
  if (pattern.startsWith('*')) return affixTrie(index.suffixes, pattern.slice(1));
  if (pattern.endsWith('*')) return affixTrie(index.prefixes, pattern.slice(0, -1));
  return trieIn(index.exact, pattern);
}

function affixTrie(index: AffixIndex, text: string): TrieNode {
  const trie = trieIn(index.tries, text);
  if (!index.lengths.includes(text.length)) index.lengths = [...index.lengths, text.length].sort((a, b) => b - a);
  return trie;
}

function trieIn(tries: Map<string, TrieNode>, key: string): TrieNode {
  const known = tries.get(key);
  if (known !== undefined) return known;
  const added = emptyTrie();
  tries.set(key, added);
  return added;
}

function emptyAffixes(): AffixIndex {
  return { tries: new Map(), lengths: [] };
}

import type { BuiltRoute } from './built-route.ts';
import type { Edit, TrieNode } from './path-trie.ts';
import { withoutRoute, withRoute } from './trie-edit.ts';

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

interface HostEdit {
  readonly removed: Iterable<BuiltRoute>;
  readonly added: Iterable<BuiltRoute>;
  /** Stops after so many */
  readonly stepRoutes: number;
}

/** The index without some routes and with others. Shares what neither concerns; the old one stays as it is. */
export function* editHosts(index: HostIndex, { removed, added, stepRoutes }: HostEdit): Generator<undefined, HostIndex> {
  const edit: Edit = {};
  const next: HostIndex = {
    exact: new Map(index.exact),
    suffixes: { ...index.suffixes, vhosts: new Map(index.suffixes.vhosts) },
    prefixes: { ...index.prefixes, vhosts: new Map(index.prefixes.vhosts) },
    any: index.any,
  };
  let edited = 0;
  for (const route of removed) {
    if (++edited % stepRoutes === 0) yield;
    for (const pattern of new Set(route.vhosts)) {
      const root = rootOf(next, pattern);
      if (root !== null) setRoot(next, pattern, withoutRoute(root, route, edit));
    }
  }
  for (const route of added) {
    if (++edited % stepRoutes === 0) yield;
    for (const pattern of new Set(route.vhosts)) setRoot(next, pattern, withRoute(rootOf(next, pattern), route, edit));
  }
  return next;
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

/** Where a pattern is kept: its map, and its text there. "*" is kept apart. */
function placeOf(index: HostIndex, pattern: string): { readonly affixes: AffixIndex | null; readonly text: string } {
  if (pattern.startsWith('*')) return { affixes: index.suffixes, text: pattern.slice(1) };
  if (pattern.endsWith('*')) return { affixes: index.prefixes, text: pattern.slice(0, -1) };
  return { affixes: null, text: pattern };
}

function rootOf(index: HostIndex, pattern: string): TrieNode | null {
  if (pattern === '*') return index.any?.root ?? null;
  const { affixes, text } = placeOf(index, pattern);
  return (affixes?.vhosts ?? index.exact).get(text)?.root ?? null;
}

/** `null` = no route is left on this pattern: it no longer counts as a host. */
function setRoot(index: HostIndex, pattern: string, root: TrieNode | null): void {
  const vhost = root === null ? null : { pattern, root };
  if (pattern === '*') {
    index.any = vhost;
    return;
  }
  const { affixes, text } = placeOf(index, pattern);
  const vhosts = affixes?.vhosts ?? index.exact;
  const known = vhosts.has(text);
  if (vhost === null) vhosts.delete(text);
  else vhosts.set(text, vhost);
  if (affixes !== null && known !== (vhost !== null)) affixes.lengths = lengthsOf(affixes.vhosts);
}

function lengthsOf(vhosts: ReadonlyMap<string, Vhost>): number[] {
  return [...new Set([...vhosts.keys()].map((text) => text.length))].sort((a, b) => b - a);
}

function emptyAffixes(): AffixIndex {
  return { vhosts: new Map(), lengths: [] };
}

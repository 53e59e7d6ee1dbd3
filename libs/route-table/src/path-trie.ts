import type { BuiltRoute } from './built-route.ts';
import { fitsMixed, type MixedSegment, tailFits } from './compile-path.ts';
import { headersFit, type ReadHeader } from './header-test.ts';

/**
 * Routes of one virtual host by path segment. `null` = nothing there, so that a look-up touches no empty collection. Never
 * changed once its table serves: the next table's trie shares every node below which nothing changed (trie-edit.ts).
 */
export interface TrieNode {
  /** The edit that made this node, which alone may still change it */
  edit: Edit | null;
  literals: Map<string, TrieNode> | null;
  /** In the order of precedence */
  mixed: MixedChild[] | null;
  parameter: TrieNode | null;
  /** Templates that end here, by method, in the order of precedence */
  ends: Map<string, readonly BuiltRoute[]> | null;
  /** Templates that end here with `*` */
  subtree: Map<string, readonly BuiltRoute[]> | null;
}

export interface MixedChild {
  readonly segment: MixedSegment;
  readonly node: TrieNode;
}

/** One building of a table. */
export type Edit = object;

export interface PathQuery {
  readonly method: string;
  /** Canonical: no segment is empty */
  readonly path: string;
  /** Of the path, without the slash it may end in; 0 for "/" */
  readonly end: number;
  readonly header: ReadHeader;
}

/**
 * The winning route, or `null`. Depth first in the order of precedence, so the first fit is the winner (see precedence.ts).
 * `at` = where the next segment begins. Segments are cut out one by one: splitting the path costs more than all look-ups.
 */
export function findRoute(node: TrieNode, query: PathQuery, at = 1): BuiltRoute | null {
  const found = at > query.end ? firstEnding(node, query) : findBelow(node, query, at);
  return found ?? (node.subtree === null ? null : firstFit(node.subtree.get(query.method), query.header));
}

function findBelow(node: TrieNode, query: PathQuery, at: number): BuiltRoute | null {
  const slash = query.path.indexOf('/', at);
  const stop = slash < 0 ? query.end : slash;
  const text = query.path.slice(at, stop);
  const literal = node.literals === null ? undefined : node.literals.get(text);
  if (literal !== undefined) {
    const found = findRoute(literal, query, stop + 1);
    if (found !== null) return found;
  }
  if (node.mixed !== null) {
    for (const { segment, node: next } of node.mixed) {
      const found = fitsMixed(segment, text) ? findRoute(next, query, stop + 1) : null;
      if (found !== null) return found;
    }
  }
  return node.parameter === null ? null : findRoute(node.parameter, query, stop + 1);
}

function firstEnding(node: TrieNode, { method, path, end, header }: PathQuery): BuiltRoute | null {
  const slash = end < path.length;
  for (const route of node.ends?.get(method) ?? NONE) {
    // The root path "/" is its own trailing slash: every tail accepts it.
    if ((end === 0 || tailFits(route.path.tail, slash)) && allows(route, header)) return route;
  }
  return null;
}

function firstFit(routes: readonly BuiltRoute[] | undefined, header: ReadHeader): BuiltRoute | null {
  for (const route of routes ?? NONE) if (allows(route, header)) return route;
  return null;
}

const NONE: readonly BuiltRoute[] = [];

function allows(route: BuiltRoute, header: ReadHeader): boolean {
  return route.headers === null || headersFit(route.headers, header);
}

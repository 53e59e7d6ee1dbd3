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
  /** Segments between slashes, none empty */
  readonly segments: readonly string[];
  /** The path ends in a slash (true for "/") */
  readonly slash: boolean;
  readonly header: ReadHeader;
}

/** The winning route, or `null`. Depth first in the order of precedence, so the first fit is the winner (see precedence.ts). */
export function findRoute(node: TrieNode, query: PathQuery, depth = 0): BuiltRoute | null {
  const text = query.segments[depth];
  const found = text === undefined ? firstEnding(node, query) : findBelow(node, query, { text, depth });
  return found ?? firstFit(node.subtree?.get(query.method), query.header);
}

function findBelow(node: TrieNode, query: PathQuery, { text, depth }: { text: string; depth: number }): BuiltRoute | null {
  const literal = node.literals?.get(text);
  if (literal !== undefined) {
    const found = findRoute(literal, query, depth + 1);
    if (found !== null) return found;
  }
  if (node.mixed !== null) {
    for (const { segment, node: next } of node.mixed) {
      const found = fitsMixed(segment, text) ? findRoute(next, query, depth + 1) : null;
      if (found !== null) return found;
    }
  }
  return node.parameter === null ? null : findRoute(node.parameter, query, depth + 1);
}

function firstEnding(node: TrieNode, { method, segments, slash, header }: PathQuery): BuiltRoute | null {
  for (const route of node.ends?.get(method) ?? NONE) {
    // The root path "/" is its own trailing slash: every tail accepts it.
    if ((segments.length === 0 || tailFits(route.path.tail, slash)) && allows(route, header)) return route;
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

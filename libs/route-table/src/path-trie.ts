import type { BuiltRoute } from './built-route.ts';
import { type CompiledSegment, fitsMixed, type MixedSegment, tailFits } from './compile-path.ts';
import { headersFit, type ReadHeader } from './header-test.ts';
import { compareRoutes, compareSegments } from './precedence.ts';

/** Routes of one virtual host by path segment. `null` = nothing there, so that a look-up touches no empty collection. */
export interface TrieNode {
  literals: Map<string, TrieNode> | null;
  /** In the order of precedence */
  mixed: { readonly segment: MixedSegment; readonly node: TrieNode }[] | null;
  parameter: TrieNode | null;
  /** Templates that end here, by method, in the order of precedence */
  ends: Map<string, BuiltRoute[]> | null;
  /** Templates that end here with `*` */
  subtree: Map<string, BuiltRoute[]> | null;
}

export function emptyTrie(): TrieNode {
  return { literals: null, mixed: null, parameter: null, ends: null, subtree: null };
}

/** Adds one route; look-ups are right after every call, so a table can also be changed in place. */
export function addRoute(root: TrieNode, route: BuiltRoute): void {
  let node = root;
  for (const segment of route.path.segments) node = child(node, segment);
  const byMethod = route.path.tail === 'subtree' ? (node.subtree ??= new Map()) : (node.ends ??= new Map());
  const routes = byMethod.get(route.facts.method);
  if (routes === undefined) byMethod.set(route.facts.method, [route]);
  else insertSorted(routes, route, compareRoutes);
}

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

function child(node: TrieNode, segment: CompiledSegment): TrieNode {
  if (segment.kind === 'parameter') return (node.parameter ??= emptyTrie());
  if (segment.kind === 'literal') {
    const literals = (node.literals ??= new Map());
    const known = literals.get(segment.text);
    if (known !== undefined) return known;
    const added = emptyTrie();
    literals.set(segment.text, added);
    return added;
  }
  const mixed = (node.mixed ??= []);
  const known = mixed.find((other) => other.segment.shape === segment.shape);
  if (known !== undefined) return known.node;
  const added = { segment, node: emptyTrie() };
  insertSorted(mixed, added, (a, b) => compareSegments(a.segment, b.segment));
  return added.node;
}

function insertSorted<T>(items: T[], item: T, compare: (a: T, b: T) => number): void {
  const at = items.findIndex((other) => compare(item, other) < 0);
  items.splice(at < 0 ? items.length : at, 0, item);
}

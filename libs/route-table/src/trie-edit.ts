import type { BuiltRoute } from './built-route.ts';
import type { CompiledSegment } from './compile-path.ts';
import type { Edit, TrieNode } from './path-trie.ts';
import { compareRoutes, compareSegments } from './precedence.ts';

/**
 * The trie with one route more. Copies what lies on the route's way and shares the rest, so a change costs by its own size and
 * not by that of the table, and whoever still uses the old root sees nothing of it. Nodes made by the same `edit` are changed in
 * place: building from nothing copies nothing.
 */
export function withRoute(root: TrieNode | null, route: BuiltRoute, edit: Edit, depth = 0): TrieNode {
  const node = owned(root, edit);
  const segment = route.path.segments[depth];
  if (segment === undefined) {
    const byMethod = route.path.tail === 'subtree' ? (node.subtree ??= new Map()) : (node.ends ??= new Map());
    byMethod.set(route.facts.method, insertSorted(byMethod.get(route.facts.method) ?? [], route, compareRoutes));
  } else setChild(node, segment, withRoute(childOf(node, segment), route, edit, depth + 1));
  return node;
}

/** The trie without a route that is in it, and without the nodes that led to it alone; `null` = nothing is left. */
export function withoutRoute(root: TrieNode, route: BuiltRoute, edit: Edit, depth = 0): TrieNode | null {
  const node = owned(root, edit);
  const segment = route.path.segments[depth];
  if (segment === undefined) {
    if (route.path.tail === 'subtree') node.subtree = withoutEnd(node.subtree, route);
    else node.ends = withoutEnd(node.ends, route);
  } else {
    const child = childOf(node, segment);
    if (child !== null) setChild(node, segment, withoutRoute(child, route, edit, depth + 1));
  }
  return isEmpty(node) ? null : node;
}

function owned(node: TrieNode | null, edit: Edit): TrieNode {
  if (node === null) return { edit, literals: null, mixed: null, parameter: null, ends: null, subtree: null };
  if (node.edit === edit) return node;
  return {
    edit,
    literals: node.literals && new Map(node.literals),
    mixed: node.mixed && [...node.mixed],
    parameter: node.parameter,
    ends: node.ends && new Map(node.ends),
    subtree: node.subtree && new Map(node.subtree),
  };
}

function childOf(node: TrieNode, segment: CompiledSegment): TrieNode | null {
  if (segment.kind === 'parameter') return node.parameter;
  if (segment.kind === 'literal') return node.literals?.get(segment.text) ?? null;
  return node.mixed?.find((other) => other.segment.shape === segment.shape)?.node ?? null;
}

/** `child` = `null` takes the child away. */
function setChild(node: TrieNode, segment: CompiledSegment, child: TrieNode | null): void {
  if (segment.kind === 'parameter') node.parameter = child;
  else if (segment.kind === 'literal') {
    if (child !== null) (node.literals ??= new Map()).set(segment.text, child);
    else if (node.literals?.delete(segment.text) === true && node.literals.size === 0) node.literals = null;
  } else {
    const others = (node.mixed ?? []).filter((other) => other.segment.shape !== segment.shape);
    const all =
      child === null ? others : insertSorted(others, { segment, node: child }, (a, b) => compareSegments(a.segment, b.segment));
    node.mixed = all.length === 0 ? null : all;
  }
}

function withoutEnd(byMethod: TrieNode['ends'], route: BuiltRoute): TrieNode['ends'] {
  const { method } = route.facts;
  const left = byMethod?.get(method)?.filter((other) => other !== route) ?? [];
  if (left.length > 0) byMethod?.set(method, left);
  else byMethod?.delete(method);
  return byMethod === null || byMethod.size === 0 ? null : byMethod;
}

function isEmpty({ literals, mixed, parameter, ends, subtree }: TrieNode): boolean {
  return literals === null && mixed === null && parameter === null && ends === null && subtree === null;
}

function insertSorted<T>(items: readonly T[], item: T, compare: (a: T, b: T) => number): T[] {
  const at = items.findIndex((other) => compare(item, other) < 0);
  return items.toSpliced(at < 0 ? items.length : at, 0, item);
}

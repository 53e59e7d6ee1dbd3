import type { BuiltRoute } from './built-route.ts';
import type { CompiledPath, CompiledSegment, Tail } from './compile-path.ts';

/**
 * Which of two routes of one virtual host wins; negative = `a`. The one definition of precedence: the trie explores in this
 * order, and the property test compares it with sorting all routes by it. A total order over distinct routes, so every router
 * decides alike.
 *
 *  1. segment by segment from the left: literal, then mixed (more literal characters first; equal numbers by shape), then
 *     parameter, then end of the template, then `*` (subtree)
 *  2. the tail: exact, slash, optional slash
 *  3. more header matches, then more exact header matches
 *  4. position of the operation in its document
 *  5. deployment id, then route id: stands in for the order in which APIs were added, which routers cannot know
 *
 * Source: data-plane reference §1.5. Its first rule (exact matchers before patterns) is not a rule of its own: of two templates
 * that match one path, the exact one already wins by 1 and 2. Ordering mixed segments of equal weight by shape is ours; without
 * it a trie could not follow the order segment by segment.
 */
export function compareRoutes(a: BuiltRoute, b: BuiltRoute): number {
  return (
    comparePaths(a.path, b.path) ||
    (b.headers?.length ?? 0) - (a.headers?.length ?? 0) ||
    b.exactHeaders - a.exactHeaders ||
    a.operationIndex - b.operationIndex ||
    compareText(a.facts.deploymentId, b.facts.deploymentId) ||
    compareText(a.facts.id, b.facts.id)
  );
}

function comparePaths(a: CompiledPath, b: CompiledPath): number {
  const shorter = Math.min(a.segments.length, b.segments.length);
  for (let index = 0; index < shorter; index++) {
    const order = compareSegments(a.segments[index] as CompiledSegment, b.segments[index] as CompiledSegment);
    if (order !== 0) return order;
  }
  return rankAt(a, shorter) - rankAt(b, shorter) || TAIL_RANK[a.tail] - TAIL_RANK[b.tail];
}

/** Negative = `a` is tried first. Literals tie: two different ones never match the same text. */
export function compareSegments(a: CompiledSegment, b: CompiledSegment): number {
  if (a.kind === 'mixed' && b.kind === 'mixed') {
    return b.literalChars - a.literalChars || compareText(a.shape, b.shape);
  }
  return SEGMENT_RANK[a.kind] - SEGMENT_RANK[b.kind];
}

const SEGMENT_RANK = { literal: 0, mixed: 1, parameter: 2 } as const;
const END = 3;
const STAR = 4;
const TAIL_RANK: Record<Tail, number> = { exact: 0, slash: 1, 'optional-slash': 2, subtree: 3 };

function rankAt(path: CompiledPath, index: number): number {
  const segment = path.segments[index];
  if (segment !== undefined) return SEGMENT_RANK[segment.kind];
  return path.tail === 'subtree' ? STAR : END;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

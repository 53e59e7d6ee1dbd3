import type { ApiRoutes, Route } from '@tidegate/gateway-ir';
import type { Diagnostic } from '@tidegate/rest-api';

import { regionOf, regionsOf } from './claim-region.ts';
import { claimOf } from './claims.ts';
import { type PathShape, shapeOf, shapeOfErased, shapesMeet } from './path-shape.ts';

/** A claim of another deployment on the same gateway. */
export interface ForeignClaim {
  readonly claim: string;
  readonly apiHandle: string;
}

/** Comparing two routes takes well under a microsecond; beyond this many the answer says that it is not complete. */
const COMPARISONS_MAX = 1_000_000;
const WARNINGS_MAX = 50;
const NAMED_MAX = 3;

/**
 * Warns of routes that can take the same request, among themselves and with `others`: same host pattern and method, and paths and
 * header conditions that can both fit. Such overlaps are allowed, precedence resolves them; equal claims are clashes and not
 * reported here (decision 23). One warning per operation, at most WARNINGS_MAX, in the document's order. Pure, bounded work.
 */
export function findOverlaps(routes: ApiRoutes, others: Iterable<ForeignClaim>): Diagnostic[] {
  const mine = Map.groupBy(
    routes.routes.flatMap((route) => route.vhosts.map((vhost) => candidate(route, vhost))),
    ({ place }) => place,
  );
  const search: Search = { comparisons: 0, found: new Map() };
  for (const group of mine.values()) compareAmong(group, search);
  const below = shapeOfErased(`${routes.context}/*`);
  const [own] = regionsOf(routes);
  for (const { claim, apiHandle } of others) {
    if (isOver(search)) break;
    search.comparisons += 1;
    const region = regionOf(claim);
    const group = mine.get(region.place);
    // Most of an installation lies below other contexts: told apart before anything is taken to pieces.
    if (group === undefined || liesElsewhere(region.segment, own?.segment ?? null)) continue;
    const [, method = '', path = '', conditions] = splitClaim(claim);
    const shape = shapeOfErased(path);
    if (shapesMeet(below, shape)) {
      const theirs = { claim, shape, headers: readConditions(conditions) };
      for (const mineHere of group)
        if (meet(mineHere, theirs, search)) note(search, mineHere, `${method} ${path} of API '${apiHandle}'`);
    }
  }
  return warningsOf(search);
}

/** Two different literals; `null` may be anything. */
function liesElsewhere(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b;
}

interface Search {
  comparisons: number;
  /** By operation: what else takes its requests */
  readonly found: Map<number, { readonly text: string; readonly others: Set<string> }>;
}

function isOver({ comparisons }: Search): boolean {
  return comparisons >= COMPARISONS_MAX;
}

/** Each pair once, told of the later operation. */
function compareAmong(group: readonly Candidate[], search: Search): void {
  for (const [at, later] of group.entries()) {
    for (const [before, earlier] of group.entries()) {
      if (before === at || isOver(search)) break;
      if (meet(earlier, later, search)) note(search, later, `${earlier.text} (spec.operations[${earlier.operationIndex}])`);
    }
  }
}

function meet(a: Comparable, b: Comparable, search: Search): boolean {
  search.comparisons += 1;
  return a.claim !== b.claim && shapesMeet(a.shape, b.shape) && headersMeet(a.headers, b.headers);
}

function note({ found }: Search, { operationIndex, text }: Candidate, other: string): void {
  const known = found.get(operationIndex) ?? { text, others: new Set() };
  found.set(operationIndex, known);
  known.others.add(other);
}

function warningsOf(search: Search): Diagnostic[] {
  const inOrder = [...search.found].sort(([a], [b]) => a - b);
  const told = inOrder.slice(0, WARNINGS_MAX).map(([at, { text, others }]) => ({
    path: `spec.operations[${at}]`,
    code: 'overlap',
    message: `${text} can take the same requests as ${listed([...others])}; the more specific route gets them`,
  }));
  const left = inOrder.length - told.length;
  if (left > 0) told.push(incomplete(`${left} more operations overlap with others`));
  if (isOver(search)) told.push(incomplete('There are too many routes to look for every overlap'));
  return told;
}

interface Comparable {
  readonly claim: string;
  readonly shape: PathShape;
  readonly headers: readonly Condition[];
}

interface Candidate extends Comparable {
  /** Host and method: routes of different places never meet */
  readonly place: string;
  readonly operationIndex: number;
  readonly text: string;
}

type Condition = readonly [name: string, kind: string, value: string];

function candidate(route: Route, vhost: string): Candidate {
  if (route.path === undefined) throw new Error('a route without path takes nothing');
  const claim = claimOf(route, vhost);
  const [host, method, , conditions] = splitClaim(claim);
  return {
    claim,
    place: `${host} ${method}`,
    shape: shapeOf(route.path),
    headers: readConditions(conditions),
    operationIndex: route.operationIndex,
    text: `${route.method} ${route.path.template}`,
  };
}

/** Hosts, methods and canonical paths hold no space. */
function splitClaim(claim: string): string[] {
  const [host = '', method = '', path = ''] = claim.split(' ', 3);
  const conditions = claim.slice(host.length + method.length + path.length + 3);
  return conditions === '' ? [host, method, path] : [host, method, path, conditions];
}

function readConditions(text: string | undefined): readonly Condition[] {
  return text === undefined ? [] : (JSON.parse(text) as Condition[]);
}

/** Only two exact values of one header exclude each other for certain; two patterns are given the benefit of the doubt. */
function headersMeet(a: readonly Condition[], b: readonly Condition[]): boolean {
  return a.every(([name, kind, value]) =>
    b.every((other) => name !== other[0] || kind !== 'exact' || other[1] !== 'exact' || value === other[2]),
  );
}

function listed(names: readonly string[]): string {
  const left = names.length - NAMED_MAX;
  return `${names.slice(0, NAMED_MAX).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}

function incomplete(message: string): Diagnostic {
  return { path: 'spec.operations', code: 'overlap', message };
}

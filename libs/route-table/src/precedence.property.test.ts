import { PathTail } from '@tidegate/gateway-ir';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { buildRouteTable } from './build-route-table.ts';
import type { RouteServices } from './route-entry.ts';
import type { BuiltRoute } from './built-route.ts';
import { type CompiledSegment, pathFits } from './compile-path.ts';
import { compareRoutes } from './precedence.ts';
import { type SampleApi, sampleRoutes } from './sample-routes.ts';

const services: RouteServices = {
  runtimes: [],
  keys: { find: () => null },
  now: () => 0,
  log: () => undefined,
  settings: () => ({}),
};

/** The obvious slow matcher: sort every route of the table by the comparator, take the first that fits. */
function naive(routes: readonly BuiltRoute[], request: Request): BuiltRoute | null {
  const sorted = routes.toSorted(compareRoutes);
  return sorted.find((route) => fits(route, request)) ?? null;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

function fits(route: BuiltRoute, { method, path, headers }: Request): boolean {
  const testsFit = (route.headers ?? []).every(
    (header) => headers[header.name] !== undefined && header.fits(headers[header.name] as string),
  );
  return route.facts.method === method && expression(route).test(path) && testsFit;
}

/** The pattern as reference §1.4 writes it, a regular expression over the whole path. */
function expression({ path }: BuiltRoute): RegExp {
  const body = path.segments.map((segment) => `/${segmentExpression(segment)}`).join('');
  if (body === '') return path.tail === 'subtree' ? /^\// : /^\/$/;
  const tails = { exact: '', slash: '/', 'optional-slash': '/?', subtree: '(?:/.*)?' };
  return new RegExp(`^${body}${tails[path.tail]}$`);
}

/** The alphabet below holds nothing that an expression would read as syntax. */
function segmentExpression(segment: CompiledSegment): string {
  if (segment.kind === 'parameter') return '[^/]+';
  if (segment.kind === 'literal') return segment.text;
  return segment.parts.map((part) => (part === null ? '[^/]+' : part)).join('');
}

// A tiny alphabet, so that templates and requests meet often.
const segmentText = fc.constantFrom(
  'a',
  'b',
  'ab',
  'aab',
  'a-b',
  '{p}',
  '{q}',
  'a{p}',
  '{p}b',
  'a{p}b',
  '{p}-{q}',
  '{p}a{q}',
  '{p}{q}',
);
const requestSegment = fc.constantFrom('a', 'b', 'ab', 'aab', 'abb', 'a-b', 'b-a', 'aa', 'ba-ab', '-');
const tail = fc.constantFrom(PathTail.EXACT, PathTail.SLASH, PathTail.OPTIONAL_SLASH, PathTail.SUBTREE);
const header = fc.record({ name: fc.constantFrom('x', 'y'), exact: fc.boolean() }).map(({ name, exact }) => ({
  name,
  match: exact ? { $case: 'exact' as const, value: '1' } : { $case: 'regex' as const, value: '[12]' },
}));

const operation = fc
  .record({
    method: fc.constantFrom('GET', 'POST'),
    segments: fc.array(segmentText, { maxLength: 4 }),
    tail,
    headers: fc.uniqueArray(header, { maxLength: 2, selector: ({ name }) => name }),
  })
  .map(({ segments, ...rest }) => ({ ...rest, path: `/${segments.join('/')}` }));

const api = fc.record({ operations: fc.array(operation, { minLength: 1, maxLength: 6 }) });

const request = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  path: fc
    .tuple(fc.array(requestSegment, { maxLength: 5 }), fc.boolean())
    .map(([segments, slash]) => (segments.length === 0 ? '/' : `/${segments.join('/')}${slash ? '/' : ''}`)),
  headers: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2', '3'), { noNullPrototype: true }),
});

test('the trie finds what sorting all routes by precedence finds', () => {
  fc.assert(
    fc.property(
      fc.array(api, { minLength: 1, maxLength: 4 }),
      fc.array(request, { minLength: 1, maxLength: 12 }),
      (apis, requests) => {
        const entries = apis.map(({ operations }, index) => {
          const id = `api-${index}/env`;
          const sample: SampleApi = { id, context: '', operations };
          return { deploymentId: id, hash: id, routes: () => sampleRoutes(sample) };
        });
        const { table, rejected } = buildRouteTable(null, entries, services);
        expect(rejected).toEqual([]);
        const all = [...table.deployments.values()].flatMap(({ routes }) => routes);
        for (const each of requests) {
          const found = table.match('any', each.method, each.path, (name) => each.headers[name]);
          expect(found).toBe(naive(all, each));
          for (const route of all) expect(pathFits(route.path, each.path)).toBe(expression(route).test(each.path));
        }
      },
    ),
    { numRuns: 600 },
  );
});

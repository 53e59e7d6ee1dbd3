import fc from 'fast-check';
import { expect, test } from 'vitest';

import { buildRouteTable, type RouteTable } from './build-route-table.ts';
import type { RouteEntry, RouteServices } from './route-entry.ts';
import { sampleRoutes } from './sample-routes.ts';

const services: RouteServices = {
  runtimes: [],
  keys: { find: () => null },
  now: () => 0,
  log: () => undefined,
  settings: () => ({}),
};

const operation = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  path: fc.constantFrom('/', '/a', '/a/b', '/{p}', '/a{p}', '/{p}b', '/a/{p}', '/{p}/b', '/*', '/a/*', '/{p}/*'),
  vhosts: fc.uniqueArray(fc.constantFrom('*', 'own.com', '*.wild.com', '*.deep.wild.com', 'pre*'), {
    minLength: 1,
    maxLength: 3,
  }),
});
const form = fc.uniqueArray(operation, { minLength: 1, maxLength: 4, selector: ({ method, path }) => `${method} ${path}` });
/** Each step: which deployments there are, and in which form */
const steps = fc.array(fc.dictionary(fc.constantFrom('x', 'y', 'z'), form, { noNullPrototype: true }), {
  minLength: 2,
  maxLength: 6,
});

const HOSTS = ['any', 'own.com', 'a.wild.com', 'a.deep.wild.com', 'prefix'];
const PATHS = ['/', '/a', '/a/', '/a/b', '/ab', '/b', '/a/c/d'];

function entriesOf(forms: Record<string, readonly { method: string; path: string; vhosts: string[] }[]>): RouteEntry[] {
  return Object.entries(forms).map(([id, operations]) => ({
    deploymentId: `${id}/env`,
    hash: JSON.stringify(operations),
    routes: () => sampleRoutes({ id: `${id}/env`, context: '', operations }),
  }));
}

function answers(table: RouteTable): unknown[] {
  return HOSTS.flatMap((host) =>
    PATHS.flatMap((path) =>
      ['GET', 'POST'].map((method) => {
        const route = table.match(host, method, path, () => undefined);
        return [table.vhostOf(host), route?.facts.deploymentId, route?.facts.id];
      }),
    ),
  );
}

test('a table changed step by step answers like one built afresh, and the tables before it stay as they were', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const tables: { table: RouteTable; said: unknown[] }[] = [];
      for (const forms of all) {
        const { table } = buildRouteTable(tables.at(-1)?.table ?? null, entriesOf(forms), services);
        const fresh = buildRouteTable(null, entriesOf(forms), services).table;
        expect(answers(table)).toEqual(answers(fresh));
        expect(table.routeCount).toBe(fresh.routeCount);
        tables.push({ table, said: answers(table) });
      }
      for (const { table, said } of tables) expect(answers(table)).toEqual(said);
      const last = tables.at(-1)?.table ?? null;
      const { hosts } = buildRouteTable(last, [], services).table;
      expect(hosts).toEqual({
        exact: new Map(),
        suffixes: { vhosts: new Map(), lengths: [] },
        prefixes: { vhosts: new Map(), lengths: [] },
        any: null,
      });
    }),
    { numRuns: 200 },
  );
});

import { expect, test } from 'vitest';

import { buildRouteTable } from './build-route-table.ts';
import { explainRoute } from './explain.ts';
import type { RouteEntry, RouteServices } from './route-entry.ts';
import { type SampleApi, sampleRoutes } from './sample-routes.ts';

const services: RouteServices = {
  runtimes: [],
  keys: { find: () => null },
  now: () => 0,
  log: () => undefined,
  settings: () => ({}),
};
const entry = (api: SampleApi): RouteEntry => ({ deploymentId: 'api-1/env-1', hash: 'h', routes: () => sampleRoutes(api) });
const tableOf = (api: SampleApi) => buildRouteTable(null, [entry(api)], services).table;

const table = tableOf({
  context: '/c',
  operations: [
    { method: 'GET', path: '/{any}' },
    { method: 'GET', path: '/a', headers: [{ name: 'x-v', match: { $case: 'exact', value: '2' } }] },
    { method: 'POST', path: '/a' },
    { method: 'GET', path: '/a' },
  ],
});

test('every route whose path fits is judged, in the order of precedence', () => {
  const told = explainRoute(table, { method: 'GET', url: 'http://h:81/c/a?q=1#f', headers: {} });
  expect(told).toMatchObject({ outcome: 'routed', host: 'h:81', path: '/c/a', vhost: '*' });
  expect(told.upstream?.target).toBe('/api/a?q=1');
  expect(told.candidates.map(({ verdict, why }) => [verdict, why])).toEqual([
    ['headers-do-not-fit', 'asks for other values of x-v'],
    ['other-method', 'takes POST only'],
    ['chosen', 'the first that fits'],
    ['outranked', 'a more specific or earlier route fits too'],
  ]);
});

test('a path that fits with another method alone is told from one that fits nothing', () => {
  const method = explainRoute(table, { method: 'PUT', url: '/c/a', headers: { host: 'h' } });
  expect(method).toMatchObject({ outcome: 'not-found', upstream: null });
  expect(method.why).toContain('none of them with this method');
  expect(explainRoute(table, { method: 'GET', url: '/d', headers: { host: 'h' } })).toMatchObject({
    outcome: 'not-found',
    why: "No route on '*' has a path that fits /d",
    candidates: [],
  });
  const elsewhere = tableOf({ context: '', operations: [{ method: 'GET', path: '/a', vhosts: ['own.com'] }] });
  expect(explainRoute(elsewhere, { method: 'GET', url: '/a', headers: { host: 'h' } })).toMatchObject({
    outcome: 'not-found',
    vhost: null,
    why: "No API is served on a host that fits 'h'",
  });
});

test('an API that was rejected is named as such', () => {
  const rejected = tableOf({
    context: '/c',
    policies: [{ name: 'unknown' }],
    operations: [{ method: 'GET', path: '/a', chain: [0] }],
  });
  expect(explainRoute(rejected, { method: 'GET', url: '/c/a', headers: { host: 'h' } })).toMatchObject({
    outcome: 'unavailable',
    route: { id: 'GET|/c/a|*' },
    upstream: null,
  });
});

test('there are never more than 20 candidates', () => {
  const operations = Array.from({ length: 30 }, (_, index) => ({
    method: 'GET',
    path: `/{x}`,
    headers: [{ name: `x-${index}`, match: { $case: 'exact' as const, value: '1' } }],
  }));
  const told = explainRoute(tableOf({ context: '', operations }), { method: 'GET', url: '/a', headers: { host: 'h' } });
  expect(told.candidates).toHaveLength(20);
});

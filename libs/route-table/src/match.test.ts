import { canonicalPath, type HeaderMatch, PathTail } from '@tidegate/gateway-ir';
import { expect, test } from 'vitest';

import { buildRouteTable, type RouteTable } from './build-route-table.ts';
import type { RouteServices } from './route-entry.ts';
import { type SampleApi, sampleRoutes } from './sample-routes.ts';

const services: RouteServices = {
  runtimes: [],
  keys: { find: () => null },
  now: () => 0,
  log: () => undefined,
  settings: () => ({}),
};

function tableOf(...apis: SampleApi[]): RouteTable {
  const entries = apis.map((api, index) => {
    const id = api.id ?? `api-${index + 1}/env-1`;
    return { deploymentId: id, hash: `h${index}`, routes: () => sampleRoutes({ ...api, id }) };
  });
  return buildRouteTable(null, entries, services).table;
}

function operationOf(
  table: RouteTable,
  method: string,
  path: string,
  host = 'localhost:8080',
  headers: Record<string, string> = {},
) {
  const canonical = canonicalPath(path);
  if (canonical === null) return 'refused';
  const route = table.match(host, method, canonical, (name) => headers[name]);
  return route === null ? null : `${route.facts.method} ${route.facts.operationPath}`;
}

test('a more specific path of another method shadows nothing', () => {
  const table = tableOf({
    context: '/c',
    operations: [
      { method: 'POST', path: '/a/b' },
      { method: 'GET', path: '/a/{x}' },
    ],
  });
  expect(operationOf(table, 'GET', '/c/a/b')).toBe('GET /a/{x}');
});

test('the search returns from a literal branch that leads nowhere', () => {
  const table = tableOf({
    context: '',
    operations: [
      { method: 'GET', path: '/a/b/c' },
      { method: 'GET', path: '/{x}/b/d' },
      { method: 'GET', path: '/*' },
    ],
  });
  expect(operationOf(table, 'GET', '/a/b/d')).toBe('GET /{x}/b/d');
  expect(operationOf(table, 'GET', '/a/b/e')).toBe('GET /*');
  expect(operationOf(table, 'GET', '/')).toBe('GET /*');
});

test('a template may end in a parameter and a subtree', () => {
  const table = tableOf({ context: '/a', operations: [{ method: 'GET', path: '/{x}/*' }] });
  expect(operationOf(table, 'GET', '/a/1')).toBe('GET /{x}/*');
  expect(operationOf(table, 'GET', '/a/1/2/3')).toBe('GET /{x}/*');
  expect(operationOf(table, 'GET', '/a')).toBeNull();
});

test('literal beats mixed beats parameter; more literal characters first', () => {
  const table = tableOf({
    context: '',
    operations: [
      { method: 'GET', path: '/{any}' },
      { method: 'GET', path: '/a-{id}' },
      { method: 'GET', path: '/a-{id}.json' },
      { method: 'GET', path: '/a-1.json' },
    ],
  });
  expect(operationOf(table, 'GET', '/a-1.json')).toBe('GET /a-1.json');
  expect(operationOf(table, 'GET', '/a-2.json')).toBe('GET /a-{id}.json');
  expect(operationOf(table, 'GET', '/a-2')).toBe('GET /a-{id}');
  expect(operationOf(table, 'GET', '/a-')).toBe('GET /{any}');
});

test('exact beats optional slash, and only a slash template wants the slash', () => {
  const table = tableOf({
    context: '',
    operations: [
      { method: 'GET', path: '/a', tail: PathTail.OPTIONAL_SLASH },
      { method: 'GET', path: '/a', tail: PathTail.EXACT, headers: [] },
      { method: 'GET', path: '/b', tail: PathTail.SLASH },
      { method: 'GET', path: '/c', tail: PathTail.EXACT },
    ],
  });
  const at = (path: string) => table.match('h', 'GET', path, () => undefined);
  expect(at('/a')?.path.tail).toBe('exact');
  expect(at('/a/')?.path.tail).toBe('optional-slash');
  expect(at('/b')).toBeNull();
  expect(at('/b/')?.path.tail).toBe('slash');
  expect(at('/c/')).toBeNull();
});

const exact = (name: string, value: string): HeaderMatch => ({ name, match: { $case: 'exact', value } });
const regex = (name: string, value: string): HeaderMatch => ({ name, match: { $case: 'regex', value } });

test('more header matches first, exact before expression, all must fit', () => {
  const table = tableOf({
    context: '',
    operations: [
      { method: 'GET', path: '/a' },
      { method: 'GET', path: '/a', headers: [regex('x-v', '2.*')] },
      { method: 'GET', path: '/a', headers: [exact('x-v', '2')] },
      { method: 'GET', path: '/a', headers: [exact('x-v', '2'), exact('x-w', 'w')] },
    ],
  });
  const headersFor = (headers: Record<string, string>) =>
    table
      .match('h', 'GET', '/a', (name) => headers[name])
      ?.headers?.map((header) => `${header.exact ? '=' : '~'}${header.name}`) ?? [];
  expect(headersFor({})).toEqual([]);
  expect(headersFor({ 'x-v': '22' })).toEqual(['~x-v']);
  expect(headersFor({ 'x-v': '12' })).toEqual([]);
  expect(headersFor({ 'x-v': '2' })).toEqual(['=x-v']);
  expect(headersFor({ 'x-v': '2', 'x-w': 'w' })).toEqual(['=x-v', '=x-w']);
});

test('hosts: exact, longest suffix, longest prefix, any; any case, any port', () => {
  const hosts = ['api.wild.com', '*.wild.com', '*.deep.wild.com', 'sandbox-*', 'sandbox-eu-*', 'ported.com:81', '*'];
  const table = tableOf(...hosts.map((host) => ({ context: '', operations: [{ method: 'GET', path: '/a', vhosts: [host] }] })));
  const chosen = (host: string) => table.match(host, 'GET', '/a', () => undefined)?.vhosts[0];
  expect(chosen('API.wild.com:8080')).toBe('api.wild.com');
  expect(chosen('x.wild.com:8080')).toBe('*.wild.com');
  expect(chosen('x.deep.wild.com')).toBe('*.deep.wild.com');
  expect(chosen('wild.com')).toBe('*');
  expect(chosen('sandbox-foo:8080')).toBe('sandbox-*');
  expect(chosen('sandbox-eu-1')).toBe('sandbox-eu-*');
  expect(chosen('ported.com:81')).toBe('ported.com:81');
  expect(chosen('ported.com:82')).toBe('*');
  expect(chosen('[::1]:8080')).toBe('*');
});

test('one virtual host is chosen: an API with a host of its own is not served beside it', () => {
  const table = tableOf(
    { context: '', operations: [{ method: 'GET', path: '/a', vhosts: ['own.com'] }] },
    { context: '', operations: [{ method: 'GET', path: '/b', vhosts: ['*'] }] },
  );
  expect(operationOf(table, 'GET', '/b', 'own.com')).toBeNull();
  expect(operationOf(table, 'GET', '/a', 'other.com')).toBeNull();
});

test('equal routes of two APIs: the smaller deployment id wins in whatever order they come', () => {
  const api = { context: '', operations: [{ method: 'GET', path: '/a' }] };
  for (const ids of [
    ['a/e', 'b/e'],
    ['b/e', 'a/e'],
  ]) {
    const table = tableOf(...ids.map((id) => ({ ...api, id })));
    expect(table.match('h', 'GET', '/a', () => undefined)?.facts.deploymentId).toBe('a/e');
  }
});

test('50 000 routes build', () => {
  const apis = Array.from({ length: 1000 }, (_, api): SampleApi => ({
    context: `/team-${api % 40}/api-${api}`,
    operations: Array.from({ length: 50 }, (_unused, index) => ({ method: 'GET', path: `/resource-${index}/{id}` })),
  }));
  const table = tableOf(...apis);
  expect(table.routeCount).toBe(50_000);
  expect(operationOf(table, 'GET', '/team-7/api-7/resource-49/x')).toBe('GET /resource-49/{id}');
});

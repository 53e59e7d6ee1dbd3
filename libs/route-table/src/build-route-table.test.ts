import { PolicyLevel, type PolicyUse } from '@tidegate/gateway-ir';
import type { Policy, PolicyRuntime } from '@tidegate/policy-sdk';
import { expect, test } from 'vitest';
import { z } from 'zod';

import { buildRouteTable } from './build-route-table.ts';
import type { RouteEntry, RouteServices } from './route-entry.ts';
import { type SampleApi, sampleRoutes } from './sample-routes.ts';

interface Built {
  readonly name: string;
  readonly state: object;
}

function fakeRuntime(name: string, category: 'authentication' | 'traffic', built: Built[], policy: Policy = {}): PolicyRuntime {
  const params = z.strictObject({ limit: z.number().optional(), secret: z.string().optional(), broken: z.boolean().optional() });
  return {
    definition: { name, version: 'v1', fullVersion: '1.0.0', displayName: name, description: '', category, phases: [], params },
    build(raw, context) {
      if (params.parse(raw).broken === true) throw new Error('broken by request');
      built.push({ name, state: context.state(() => ({})) });
      return policy;
    },
  };
}

function setup() {
  const built: Built[] = [];
  const runtimes = [fakeRuntime('auth', 'authentication', built), fakeRuntime('limit', 'traffic', built)];
  const services: RouteServices = {
    runtimes,
    keys: { find: () => null },
    now: () => 0,
    log: () => undefined,
    settings: () => ({}),
  };
  return { built, services };
}

function entry(hash: string, api: Partial<SampleApi> = {}): RouteEntry {
  const routes = sampleRoutes({
    context: '/c',
    operations: [{ method: 'GET', path: '/a', chain: (api.policies ?? []).map((_, index) => index) }],
    ...api,
  });
  return { deploymentId: routes.deploymentId, hash, routes: () => routes };
}

const limit = (params: object, more: Partial<PolicyUse> = {}) => ({ name: 'limit', paramsJson: JSON.stringify(params), ...more });
const noHeader = () => undefined;

test('unchanged deployments are reused by identity, and an unchanged table is the same table', () => {
  const { services } = setup();
  const other = entry('h2', { id: 'other/env', context: '/o' });
  const first = buildRouteTable(null, [entry('h1'), other], services).table;
  const same = buildRouteTable(first, [entry('h1'), other], services).table;
  expect(same).toBe(first);
  const changed = buildRouteTable(first, [entry('h9'), other], services).table;
  expect(changed.deployments.get('other/env')).toBe(first.deployments.get('other/env'));
  expect(changed.deployments.get('api-1/env-1')).not.toBe(first.deployments.get('api-1/env-1'));
});

test('a deployment that is no longer named is gone', () => {
  const { services } = setup();
  const first = buildRouteTable(null, [entry('h1')], services).table;
  const { table } = buildRouteTable(first, [], services);
  expect(table.match('h', 'GET', '/c/a', noHeader)).toBeNull();
  expect(table.routeCount).toBe(0);
});

test('a policy is built once per use and shared by its routes; phases nobody takes part in are null', () => {
  const { built, services } = setup();
  const api = {
    policies: [limit({})],
    operations: [
      { method: 'GET', path: '/a', chain: [0] },
      { method: 'GET', path: '/b', chain: [0] },
    ],
  };
  const { table } = buildRouteTable(null, [entry('h1', api)], services);
  expect(built).toHaveLength(1);
  const [a, b] = table.deployments.get('api-1/env-1')?.routes ?? [];
  expect(a?.serving?.chain).toBe(b?.serving?.chain);
  expect(a?.serving?.chain).toEqual({
    requestHeaders: null,
    requestBody: null,
    forward: null,
    responseHeaders: null,
    responseBody: null,
    immediate: null,
  });
});

test('response phases run in reverse', () => {
  const order: string[] = [];
  const step = (name: string): Policy => ({
    requestHeaders: () => void order.push(`+${name}`),
    responseHeaders: () => void order.push(`-${name}`),
  });
  const services = {
    ...setup().services,
    runtimes: [fakeRuntime('auth', 'authentication', [], step('auth')), fakeRuntime('limit', 'traffic', [], step('limit'))],
  };
  const { table } = buildRouteTable(null, [entry('h', { policies: [{ name: 'auth' }, limit({})] })], services);
  const chain = table.match('h', 'GET', '/c/a', noHeader)?.serving?.chain;
  for (const run of [...(chain?.requestHeaders ?? []), ...(chain?.responseHeaders ?? [])]) void run({} as never);
  expect(order).toEqual(['+auth', '+limit', '-limit', '-auth']);
});

test('state survives a change of the document for equal parameters, and only for those', () => {
  const { built, services } = setup();
  const operationUse = limit({ limit: 2 }, { level: PolicyLevel.OPERATION, operationIndex: 0 });
  const first = buildRouteTable(null, [entry('h1', { policies: [limit({ limit: 1 }), operationUse] })], services).table;
  // An operation is put in front: the index of the old one moves, its identity does not.
  const moved = { ...operationUse, operationIndex: 1 };
  const operations = [
    { method: 'POST', path: '/new' },
    { method: 'GET', path: '/a', chain: [0, 1] },
  ];
  buildRouteTable(first, [entry('h2', { policies: [limit({ limit: 9 }), moved], operations })], services);
  const [apiBefore, operationBefore, apiAfter, operationAfter] = built.map(({ state }) => state);
  expect(apiAfter).not.toBe(apiBefore);
  expect(operationAfter).toBe(operationBefore);
});

test('sealed parameters are put back before the policy sees them', () => {
  const { services } = setup();
  const sealed = limit({ secret: '' }, { sealedParams: { '/secret': { value: Buffer.from('s3') } } });
  expect(buildRouteTable(null, [entry('h', { policies: [sealed] })], services).rejected).toEqual([]);
  const astray = limit({}, { sealedParams: { '/no/where': { value: Buffer.from('s3') } } });
  expect(buildRouteTable(null, [entry('h', { policies: [astray] })], services).rejected).toHaveLength(1);
});

const broken = limit({ broken: true });

test('what was never accepted answers 503 on its routes, and its neighbours do not notice', () => {
  const { services } = setup();
  const { table, rejected } = buildRouteTable(
    null,
    [entry('h1', { policies: [broken] }), entry('h2', { id: 'n/e', context: '/n' })],
    services,
  );
  expect(rejected).toEqual([{ deploymentId: 'api-1/env-1', code: 'cannot_be_built', message: 'broken by request' }]);
  expect(table.match('h', 'GET', '/c/a', noHeader)?.serving).toBeNull();
  expect(table.match('h', 'GET', '/n/a', noHeader)?.serving).not.toBeNull();
});

test('a rejected change keeps the last accepted form, stays reported, and heals', () => {
  const { services } = setup();
  const first = buildRouteTable(null, [entry('h1', { policies: [limit({})] })], services).table;
  const second = buildRouteTable(first, [entry('h2', { policies: [broken] })], services);
  expect(second.rejected).toHaveLength(1);
  expect(second.table.match('h', 'GET', '/c/a', noHeader)).toBe(first.match('h', 'GET', '/c/a', noHeader));
  const third = buildRouteTable(second.table, [entry('h2', { policies: [broken] })], services);
  expect(third.rejected).toHaveLength(1);
  expect(third.table).toBe(second.table);
  const healed = buildRouteTable(third.table, [entry('h3', { policies: [limit({})] })], services);
  expect(healed.rejected).toEqual([]);
});

test.each([
  ['a known authentication policy', [{ name: 'auth' }, broken]],
  ['a policy that this router has never heard of', [{ name: 'future-auth' }]],
])('a rejected change that adds %s is not served open', (_what, policies) => {
  const { services } = setup();
  const first = buildRouteTable(null, [entry('h1')], services).table;
  const { table } = buildRouteTable(first, [entry('h2', { policies })], services);
  expect(table.match('h', 'GET', '/c/a', noHeader)?.serving).toBeNull();
});

test('authentication that was there already is no reason to stop serving', () => {
  const { services } = setup();
  const first = buildRouteTable(null, [entry('h1', { policies: [{ name: 'auth' }] })], services).table;
  const { table } = buildRouteTable(first, [entry('h2', { policies: [{ name: 'auth' }, broken] })], services);
  expect(table.match('h', 'GET', '/c/a', noHeader)?.serving).not.toBeNull();
});

test('content that cannot be read closes the routes that are known', () => {
  const { services } = setup();
  const first = buildRouteTable(null, [entry('h1')], services).table;
  const unreadable = {
    ...entry('h2'),
    routes: () => {
      throw new Error('not a message');
    },
  };
  const { table, rejected } = buildRouteTable(first, [unreadable], services);
  expect(rejected[0]?.code).toBe('undecodable');
  expect(table.match('h', 'GET', '/c/a', noHeader)?.serving).toBeNull();
});

test('counters outlive a rejection', () => {
  const { built, services } = setup();
  const accepted = { policies: [limit({ limit: 1 })] };
  const first = buildRouteTable(null, [entry('h1', accepted)], services).table;
  const second = buildRouteTable(first, [entry('h2', { policies: [{ name: 'auth' }, broken] })], services).table;
  buildRouteTable(second, [entry('h3', accepted)], services);
  const states = built.filter(({ name }) => name === 'limit').map(({ state }) => state);
  expect(states).toHaveLength(2);
  expect(states[0]).toBe(states[1]);
});

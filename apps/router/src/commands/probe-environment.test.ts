import { echoUpstream } from '@tidegate/testkit';
import { expect, it } from 'vitest';

import { createLiveTable } from '../policy-host/live-table.ts';
import { sampleDeployment, sampleHeld } from '../testing/sample-held.ts';
import { type Ask, askLocally, probeEnvironment } from './probe-environment.ts';

function tableOf(...deployments: Parameters<typeof sampleDeployment>[0][]) {
  const live = createLiveTable({ runtimes: [], settings: {}, now: Date.now, log: () => undefined });
  live.apply(sampleHeld(deployments.map((one) => sampleDeployment(one))), []);
  return live.table;
}

const upstream = { targets: [{ url: 'http://upstream.test' }] } as never;
const shop = {
  id: 'shop/env',
  context: '/shop',
  upstream,
  routes: [
    { method: 'GET', operationPath: '/items/{id}' },
    { method: 'POST', operationPath: '/items' },
  ],
};

const answering =
  (status: number | null, seen: string[] = []): Ask =>
  async (host, method, path) => {
    seen.push(`${method} ${host} ${path}`);
    return status;
  };

it('has nothing to ask without a table, or of an environment that is not here', async () => {
  expect(await probeEnvironment(null, 'env', answering(200))).toEqual({ routes: 0, asked: 0, problems: [] });
  expect(await probeEnvironment(tableOf(shop), 'other', answering(200))).toMatchObject({ routes: 0 });
});

it('looks at every route, and asks those that change nothing', async () => {
  const seen: string[] = [];
  expect(await probeEnvironment(tableOf(shop), 'env', answering(401, seen))).toEqual({ routes: 2, asked: 1, problems: [] });
  expect(seen).toEqual(['GET probe.invalid /shop/items/probe']);
});

it.each([502, 503, 504, null])('takes %s for an upstream that cannot be reached', async (status) => {
  const { problems } = await probeEnvironment(tableOf(shop), 'env', answering(status));
  expect(problems).toEqual([{ api: 'sample', route: 'GET /shop/items/probe', code: 'UPSTREAM_UNREACHABLE' }]);
});

it('names a route whose API was rejected', async () => {
  const rejected = { ...shop, id: 'bad/env', context: '/bad', policies: [{ name: 'nope' }] };
  const { problems } = await probeEnvironment(tableOf(shop, rejected), 'env', answering(200));
  expect(problems.map(({ code, route }) => `${code} ${route}`).sort()).toEqual([
    'NOT_ROUTED GET /bad/items/probe',
    'NOT_ROUTED POST /bad/items',
  ]);
});

it('asks over HTTP, and an answer that does not come is none', async () => {
  const echo = await echoUpstream();
  const ask = askLocally(echo.port, '0.0.0.0');
  expect(await ask('shop.example', 'GET', '/x')).toBe(200);
  expect(echo.requests[0]).toMatchObject({ url: '/x', headers: { host: 'shop.example', 'user-agent': 'tidegate-probe' } });
  await echo.close();
  expect(await ask('shop.example', 'GET', '/x')).toBeNull();
});

import type { BuildContext, PolicyRuntime } from '@tidegate/policy-sdk';
import { expect, test } from 'vitest';

import type { HeldEntry } from '../discovery/held.ts';
import { sampleDeployment, sampleHeld, sampleKey } from '../testing/sample-held.ts';
import { samplePolicy } from '../testing/traffic-kit.ts';
import { createLiveTable } from './live-table.ts';

const options = { runtimes: [samplePolicy('fine', {})], settings: {}, now: () => 0, log: () => undefined };
const upstream = { targets: [{ scheme: 'http', host: 'b', port: 80, weight: 1 }] };

function form(operationPath: string, policies: { name: string; paramsJson?: string }[] = []): HeldEntry {
  return sampleDeployment({ context: '/c', upstream, policies, routes: [{ method: 'GET', operationPath }] });
}

const accepted = form('/a', [{ name: 'fine' }]);
// A known policy with parameters that are no JSON: cannot be built, and adds no authentication.
const rejected = form('/a', [{ name: 'fine', paramsJson: '{' }]);

function served(live: ReturnType<typeof createLiveTable>): string | null {
  const route = live.table?.match('h', 'GET', '/c/a', () => undefined);
  return route?.serving ? 'served' : route ? 'unavailable' : null;
}

test('nothing is not empty', () => {
  const live = createLiveTable(options);
  expect(live.table).toBeNull();
  live.apply(sampleHeld([]), []);
  expect(live.table?.routeCount).toBe(0);
});

test('a rejected change keeps what was served, also over a restart', () => {
  const before = createLiveTable(options);
  before.apply(sampleHeld([accepted]), []);
  expect(before.lastAccepted).toEqual([]);
  expect(before.apply(sampleHeld([rejected], 2), [])).toMatchObject([{ id: 'api/env', code: 'cannot_be_built' }]);
  expect(served(before)).toBe('served');
  expect(before.lastAccepted).toEqual([accepted]);

  const after = createLiveTable(options);
  after.recall(before.lastAccepted);
  expect(after.table).toBeNull();
  after.apply(sampleHeld([rejected], 2), []);
  expect(served(after)).toBe('served');
  expect(after.rejected).toHaveLength(1);
  expect(after.lastAccepted).toEqual([accepted]);
});

test('what is accepted again needs no substitute', () => {
  const live = createLiveTable(options);
  for (const entry of [accepted, rejected]) live.apply(sampleHeld([entry]), []);
  live.apply(sampleHeld([form('/b')], 3), []);
  expect(live.lastAccepted).toEqual([]);
  expect(served(live)).toBeNull();
});

test('a table that is built in steps lets others run, serves the old one until then, and refuses revoked keys at once', async () => {
  let find: BuildContext['keys']['find'] = () => null;
  const plain = samplePolicy('keyed', {});
  const keyed: PolicyRuntime = {
    ...plain,
    build(_params, { keys }) {
      find = keys.find;
      return {};
    },
  };
  const live = createLiveTable({ ...options, runtimes: [keyed] });
  const key = sampleKey('key-1', 'secret');
  live.apply(sampleHeld([form('/a', [{ name: 'keyed' }]), key]), []);
  expect(find('api', 'secret')).not.toBeNull();

  const apis = Array.from({ length: 40 }, (_, api) =>
    sampleDeployment({
      id: `api-${api}/env`,
      context: `/api-${api}`,
      upstream,
      routes: Array.from({ length: 50 }, (_unused, index) => ({ method: 'GET', operationPath: `/r-${index}` })),
    }),
  );
  const turns: (number | undefined)[] = [];
  const look = (): void => {
    turns.push(live.table?.routeCount);
    if (live.table?.routeCount === 1) setImmediate(look);
  };
  setImmediate(look);
  const applied = live.applyInSteps(sampleHeld([...apis, key], 2), ['key-1']);
  expect(find('api', 'secret')).toBeNull();
  await applied;
  expect(live.table?.routeCount).toBe(2000);
  // Twice 2000 routes, to link and to put in, with a stop at least every 200.
  expect(turns.filter((routes) => routes === 1).length).toBeGreaterThanOrEqual(18);
});

import type { BuiltRoute } from '@tidegate/route-table';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';

import { createLatencies, SERIES_PER_LATENCY } from './latencies.ts';
import { createRequestCounts, REQUEST_SERIES_MAX } from './request-counts.ts';

const facts = (id: string) => ({ id, apiHandle: `api-${id}` }) as BuiltRoute['facts'];
const lines = async (registry: Registry) => (await registry.metrics()).split('\n').filter((line) => line.startsWith('tidegate'));

test('routes beyond the bound are counted together, and those that are gone make room', async () => {
  const registry = new Registry();
  const served = new Set<string>();
  const counts = createRequestCounts(registry, () => (id) => served.has(id));
  for (let index = 0; index < REQUEST_SERIES_MAX; index++) counts.count(facts(`r${index}`), 200);
  counts.count(facts('late'), 201);
  counts.count(facts('late'), 204);
  counts.count(facts('r0'), 200);
  served.add('r0');
  const before = await lines(registry);
  expect(before).toContain('tidegate_router_requests_total{api="api-r0",route="r0",code="200"} 2');
  expect(before).toContain('tidegate_router_requests_total{api="other",route="other",code="2xx"} 2');
  expect(before.length).toBe(2);
  counts.count(facts('late'), 200);
  expect(await lines(registry)).toContain('tidegate_router_requests_total{api="api-late",route="late",code="200"} 1');
});

test('a histogram is cumulative, sums seconds, and has a bounded number of series', async () => {
  const registry = new Registry();
  const served = new Set(['a', 'b']);
  const latencies = createLatencies(registry, {
    name: 'tidegate_x_seconds',
    help: 'x',
    label: 'api',
    labelsMax: 2,
    isServed: () => (label) => served.has(label),
  });
  latencies.observe('a', 0.5);
  latencies.observe('a', 0.6);
  latencies.observe('a', 60_000);
  latencies.observe('b', 3);
  latencies.observe('c', 3);
  const text = await lines(registry);
  expect(text).toContain('tidegate_x_seconds_bucket{api="a",le="0.0005"} 1');
  expect(text).toContain('tidegate_x_seconds_bucket{api="a",le="0.001"} 2');
  expect(text).toContain('tidegate_x_seconds_bucket{api="a",le="5"} 2');
  expect(text).toContain('tidegate_x_seconds_bucket{api="a",le="+Inf"} 3');
  expect(text).toContain('tidegate_x_seconds_sum{api="a"} 60.0011');
  expect(text).toContain('tidegate_x_seconds_count{api="other"} 1');
  expect(text).toHaveLength(3 * SERIES_PER_LATENCY);
  served.delete('a');
  served.add('c');
  latencies.observe('c', 3);
  await lines(registry);
  latencies.observe('c', 3);
  expect(await lines(registry)).toContain('tidegate_x_seconds_count{api="c"} 1');
});

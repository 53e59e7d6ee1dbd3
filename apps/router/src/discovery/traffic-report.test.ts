import { TRAFFIC_APIS_MAX } from '@tidegate/gateway-ir';
import type { RouteFacts } from '@tidegate/policy-sdk';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';

import { createLatencies } from '../admin/latencies.ts';
import { createRequestCounts, REQUEST_SERIES_MAX } from '../admin/request-counts.ts';
import { createTrafficReport } from './traffic-report.ts';

function counters() {
  const registry = new Registry();
  const served = new Set<string>();
  const requests = createRequestCounts(registry, () => (id) => served.has(id));
  const options = { name: 'tidegate_x_seconds', help: 'x', label: 'api', labelsMax: 2, isServed: () => () => false };
  const latencies = createLatencies(registry, options);
  let nowMs = 0;
  const report = createTrafficReport(
    () => ({ requests: requests.read(), latencies: latencies.read() }),
    () => nowMs,
  );
  const answer = (api: string, status: number, ms: number, route = api) => {
    requests.count(api === '' ? null : ({ id: route, apiHandle: api } as RouteFacts), status);
    latencies.observe(api, ms);
  };
  return { registry, report, answer, pass: (ms: number) => void (nowMs += ms) };
}

test('a report is what was answered since the one before it', () => {
  const { report, answer, pass } = counters();
  answer('pets', 200, 3);
  expect(report.next()).toBeUndefined();
  answer('pets', 200, 3);
  answer('pets', 503, 30);
  answer('', 404, 0.2);
  answer('shop', 0, 9000);
  pass(5000);
  expect(report.next()).toEqual({
    intervalMs: 5000,
    all: { byClass: [1, 0, 1, 0, 1, 1], byLatency: [1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1] },
    apis: [
      { api: 'pets', answered: { byClass: [0, 0, 1, 0, 0, 1], byLatency: [0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] } },
      { api: '', answered: { byClass: [0, 0, 0, 0, 1, 0], byLatency: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] } },
      { api: 'shop', answered: { byClass: [1, 0, 0, 0, 0, 0], byLatency: [] } },
    ],
  });
  pass(10);
  expect(report.next()).toMatchObject({ intervalMs: 10, all: { byClass: [0, 0, 0, 0, 0, 0] }, apis: [] });
});

test('only the busiest are named, and what is beyond the bounds of the counters is still in the sum', async () => {
  const { registry, report, answer } = counters();
  report.next();
  for (let at = 0; at < REQUEST_SERIES_MAX + 10; at += 1) answer(`api-${at}`, 200, 1);
  answer('api-7', 200, 1);
  const told = report.next();
  expect(told?.apis).toHaveLength(TRAFFIC_APIS_MAX);
  expect(told?.apis[0]?.api).toBe('api-7');
  expect(told?.all?.byClass[2]).toBe(REQUEST_SERIES_MAX + 11);
  await registry.metrics(); // forgets the routes, none of which is served
  answer('api-7', 200, 1);
  const next = report.next();
  expect(next?.all?.byClass[2]).toBe(1);
  expect(next?.all?.byLatency.reduce((sum, count) => sum + count, 0)).toBe(1);
});

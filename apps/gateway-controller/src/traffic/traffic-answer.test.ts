import { expect, test } from 'vitest';

import type { TrafficRows } from './read-traffic.ts';
import { trafficAnswer } from './traffic-answer.ts';

const asked = { fromMs: 0, toMs: 60_000, stepMs: 20_000, gatewayId: null, api: null };
const counts = [1, 0, 16, 0, 2, 1, ...Array.from({ length: 12 }, (_, at) => (at === 4 ? 20 : 0)), 0];

test('an interval nobody reported is null; one without requests is 0', () => {
  const rows: TrafficRows = {
    coverage: [
      { atMs: 0, nodes: 2, coveredMs: 20_000 },
      { atMs: 20_000, nodes: 2, coveredMs: 10_000 },
    ],
    steps: [{ atMs: 20_000, counts }],
    gateways: [],
    apis: [{ api: 'pets', counts }],
  };
  const { points, total, apis, lastReportAt } = trafficAnswer(asked, rows);
  expect(
    points.map(({ nodes, requestsPerSecond, serverErrorsPerSecond, p50Ms }) => [
      nodes,
      requestsPerSecond,
      serverErrorsPerSecond,
      p50Ms,
    ]),
  ).toEqual([
    [2, 0, 0, null],
    [2, 2, 0.2, 7.5],
    [0, null, null, null],
  ]);
  expect(total).toEqual({ requests: 20, clientErrors: 2, serverErrors: 1, unanswered: 1, p50Ms: 7.5, p95Ms: 9.75, p99Ms: 9.95 });
  expect(apis).toEqual([{ api: 'pets', ...total }]);
  expect(lastReportAt).toBe('1970-01-01T00:00:20.000Z');
});

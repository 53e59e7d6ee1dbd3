import type { TrafficAnswer, TrafficPoint } from '@tidegate/management-api';

import { latencyQuantile } from './latency-quantile.ts';
import type { TrafficAsked, TrafficRows } from './read-traffic.ts';
import { CLASS_COLUMNS } from './traffic-columns.ts';

type Totals = TrafficAnswer['total'];

/** Rates and quantiles of what was counted. What nobody reported is null, never 0. */
export function trafficAnswer(asked: TrafficAsked, rows: TrafficRows): TrafficAnswer {
  const { fromMs, toMs, stepMs } = asked;
  const coverage = new Map(rows.coverage.map((step) => [step.atMs, step]));
  const steps = new Map(rows.steps.map(({ atMs, counts }) => [atMs, counts]));
  const points: TrafficPoint[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += stepMs) {
    const { nodes = 0, coveredMs = 0 } = coverage.get(atMs) ?? {};
    points.push({ at: new Date(atMs).toISOString(), nodes, ...figures(steps.get(atMs) ?? [], coveredMs) });
  }
  const last = rows.coverage.at(-1);
  return {
    status: 'success',
    minutes: (toMs - fromMs) / 60_000,
    stepSeconds: stepMs / 1000,
    lastReportAt: last === undefined ? null : new Date(last.atMs).toISOString(),
    total: totalsOf(rows.steps.reduce((sum, { counts }) => counts.map((count, at) => count + (sum[at] ?? 0)), [] as number[])),
    points,
    gateways: rows.gateways.map(({ counts, ...gateway }) => ({ ...gateway, ...totalsOf(counts) })),
    apis: rows.apis.map(({ counts, api }) => ({ api, ...totalsOf(counts) })),
  };
}

/** `coveredMs` 0 = nobody reported */
function figures(counts: readonly number[], coveredMs: number): Omit<TrafficPoint, 'at' | 'nodes'> {
  const { requests, clientErrors, serverErrors, unanswered, ...latencies } = totalsOf(counts);
  const rate = (count: number) => (coveredMs === 0 ? null : Math.round((count * 1e6) / coveredMs) / 1000);
  return {
    requestsPerSecond: rate(requests),
    clientErrorsPerSecond: rate(clientErrors),
    serverErrorsPerSecond: rate(serverErrors + unanswered),
    ...latencies,
  };
}

function totalsOf(counts: readonly number[]): Totals {
  const classes = counts.slice(0, CLASS_COLUMNS.length);
  const latencies = counts.slice(CLASS_COLUMNS.length);
  const quantile = (share: number) => {
    const ms = latencyQuantile(latencies, share);
    return ms === null ? null : Math.round(ms * 100) / 100;
  };
  return {
    requests: classes.reduce((sum, count) => sum + count, 0),
    clientErrors: classes[4] ?? 0,
    serverErrors: classes[5] ?? 0,
    unanswered: classes[0] ?? 0,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
  };
}

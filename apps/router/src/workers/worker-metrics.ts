import { AggregatorRegistry, type Registry } from 'prom-client';

import type { RouterMetrics } from '../admin/metrics.ts';
import type { WorkerMetric } from './messages.ts';

type Totals = ReturnType<RouterMetrics['totals']>;

/**
 * One exposition of what all workers count and of what the router itself knows (`own`). Names that the router has too are its own: each
 * worker would say the same of the table once more.
 */
export async function exposition(own: Registry, ofWorkers: readonly (readonly WorkerMetric[])[]): Promise<string> {
  const known = new Set(own.getMetricsAsArray().map(({ name }) => name));
  const theirs = ofWorkers.map((metrics) => metrics.filter(({ name }) => !known.has(name)));
  return `${await own.metrics()}\n${await aggregated(theirs).metrics()}`;
}

/** Several as one; each of them is added up as its metric says (`aggregator`). */
export async function together(all: readonly (readonly WorkerMetric[])[]): Promise<readonly WorkerMetric[]> {
  return all.length === 0 ? [] : aggregated(all).getMetricsAsJSON();
}

/** It only reads; its type does not say so. */
function aggregated(all: readonly (readonly WorkerMetric[])[]): Registry {
  return AggregatorRegistry.aggregate(all as Parameters<typeof AggregatorRegistry.aggregate>[0]);
}

/** Of a worker that is gone, what must not shrink. */
export function lasting(metrics: readonly WorkerMetric[]): readonly WorkerMetric[] {
  return metrics.filter(({ type }) => String(type) === 'counter' || String(type) === 'histogram');
}

export const NO_TOTALS: Totals = { requests: { all: [], byApi: new Map() }, latencies: { all: [], byLabel: new Map() } };

export function addedTotals(all: readonly Totals[]): Totals {
  return {
    requests: {
      all: all.map(({ requests }) => requests.all).reduce(added, []),
      byApi: mapped(all.map(({ requests }) => requests.byApi)),
    },
    latencies: {
      all: all.map(({ latencies }) => latencies.all).reduce(added, []),
      byLabel: mapped(all.map(({ latencies }) => latencies.byLabel)),
    },
  };
}

function added(a: readonly number[], b: readonly number[]): readonly number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, at) => (a[at] ?? 0) + (b[at] ?? 0));
}

function mapped(maps: readonly ReadonlyMap<string, readonly number[]>[]): ReadonlyMap<string, readonly number[]> {
  const sum = new Map<string, readonly number[]>();
  for (const map of maps) for (const [key, counts] of map) sum.set(key, added(sum.get(key) ?? [], counts));
  return sum;
}

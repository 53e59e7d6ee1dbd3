import { TRAFFIC_LATENCIES_MS } from '@tidegate/gateway-ir';
import type { Metric, Registry } from 'prom-client';

export interface Latencies {
  /** `label` beyond the bound counts as "other" */
  observe(label: string, ms: number): void;
  /** Counts per bucket, not cumulative, since the process began */
  read(): LatencyTotals;
}

export interface LatencyTotals {
  /** Everything, also what was observed under labels that are gone */
  readonly all: readonly number[];
  readonly byLabel: ReadonlyMap<string, readonly number[]>;
}

export interface LatenciesOptions {
  readonly name: string;
  readonly help: string;
  /** Name of the one label; `null` = none */
  readonly label: string | null;
  /** Values of the label that get series of their own (invariant 9); the first ones with traffic, while `isServed` */
  readonly labelsMax: number;
  readonly isServed: () => (label: string) => boolean;
}

const BUCKETS_MS = TRAFFIC_LATENCIES_MS;
/** Upper bounds in seconds; each label costs one series more than twice one of these: +Inf, sum and count. */
const BUCKETS = BUCKETS_MS.map((ms) => ms / 1000);
/** Series per label value, as docs/operations/metrics.md counts them */
export const SERIES_PER_LATENCY = BUCKETS.length + 3;

interface Latency {
  /** Not cumulative; the last one is +Inf */
  readonly counts: Float64Array;
  sumMs: number;
}

/**
 * A histogram whose every observation is an array increment; Prometheus' cumulative form is made when somebody scrapes.
 * prom-client's own looks its labels up by a text it builds each time.
 */
export function createLatencies(registry: Registry, { name, help, label, labelsMax, isServed }: LatenciesOptions): Latencies {
  const byLabel = new Map<string, Latency>();
  const other = emptyLatency();
  const gone = emptyLatency();

  const forgetGone = (): void => {
    const served = isServed();
    for (const [known, latency] of byLabel) {
      if (served(known)) continue;
      addTo(gone.counts, latency.counts);
      byLabel.delete(known);
    }
  };

  register(registry, { name, help, type: 'histogram', aggregator: 'sum' }, () => {
    if (byLabel.size >= labelsMax && label !== null) forgetGone();
    const all = [...byLabel];
    if (total(other) > 0) all.push(['other', other]);
    return all.flatMap(([value, latency]) => samples(name, latency, label === null ? {} : { [label]: value }));
  });

  return {
    observe(value, ms) {
      let latency = byLabel.get(value);
      if (latency === undefined) {
        latency = byLabel.size < labelsMax ? emptyLatency() : other;
        if (latency !== other) byLabel.set(value, latency);
      }
      let index = 0;
      while (index < BUCKETS_MS.length && ms > (BUCKETS_MS[index] as number)) index += 1;
      latency.counts[index] = (latency.counts[index] as number) + 1;
      latency.sumMs += ms;
    },
    read() {
      const all = new Float64Array(BUCKETS_MS.length + 1);
      for (const { counts } of [...byLabel.values(), other, gone]) addTo(all, counts);
      return { all: [...all], byLabel: new Map([...byLabel].map(([value, { counts }]) => [value, [...counts]])) };
    },
  };
}

function addTo(sum: Float64Array, counts: Float64Array): void {
  for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] as number) + (counts[at] as number);
}

function emptyLatency(): Latency {
  return { counts: new Float64Array(BUCKETS.length + 1), sumMs: 0 };
}

function total({ counts }: Latency): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

function samples(name: string, latency: Latency, labels: Readonly<Record<string, string>>): Sample[] {
  let below = 0;
  const buckets = [...latency.counts].map((count, index): Sample => {
    below += count;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: BUCKETS[index] ?? '+Inf' }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: latency.sumMs / 1000 },
    { metricName: `${name}_count`, labels, value: below },
  ];
}

interface Head {
  readonly name: string;
  readonly help: string;
  readonly type: 'histogram';
  readonly aggregator: 'sum';
}

/** prom-client prints whatever has `get()`, as its own metrics do; its types know only its own classes. */
function register(registry: Registry, head: Head, read: () => Sample[]): void {
  const metric = { ...head, get: () => ({ ...head, values: read() }), reset: () => undefined };
  registry.registerMetric(metric as unknown as Metric);
}

import { TRAFFIC_LATENCIES_MS } from '@tidegate/gateway-ir';

/**
 * The latency below which a share of the requests stayed, in ms: linear within its bucket, as Prometheus reads histograms.
 * Requests beyond the last bound count as that bound. `null` = there were none.
 */
export function latencyQuantile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (const [at, count] of counts.entries()) {
    const upper = TRAFFIC_LATENCIES_MS[at];
    if (upper === undefined) break;
    if (below + count >= rank && count > 0) {
      const lower = TRAFFIC_LATENCIES_MS[at - 1] ?? 0;
      return lower + ((upper - lower) * Math.max(0, rank - below)) / count;
    }
    below += count;
  }
  return TRAFFIC_LATENCIES_MS.at(-1) ?? null;
}

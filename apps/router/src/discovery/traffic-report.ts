import { type Answered, TRAFFIC_APIS_MAX, type Traffic } from '@tidegate/gateway-ir';

import type { RouterMetrics } from '../admin/metrics.ts';

type Totals = ReturnType<RouterMetrics['totals']>;

export interface TrafficReport {
  /** What was answered since the call before this one; `undefined` at the first, which only begins. */
  next(): Traffic | undefined;
}

/** Made from counters that are kept anyway: reporting costs a request nothing. */
export function createTrafficReport(totals: () => Totals, nowMs: () => number): TrafficReport {
  let before: { readonly totals: Totals; readonly atMs: number } | null = null;
  return {
    next() {
      const now = { totals: totals(), atMs: nowMs() };
      const since = before;
      before = now;
      return since === null ? undefined : { intervalMs: Math.round(now.atMs - since.atMs), ...between(since.totals, now.totals) };
    },
  };
}

function between(before: Totals, now: Totals): Pick<Traffic, 'all' | 'apis'> {
  const apis = [...now.requests.byApi]
    .map(([api, counts]) => ({
      api,
      answered: {
        byClass: grown(before.requests.byApi.get(api), counts),
        byLatency: grown(before.latencies.byLabel.get(api), now.latencies.byLabel.get(api) ?? []),
      },
    }))
    .map((one) => ({ one, requests: requestsOf(one.answered) }))
    .filter(({ requests }) => requests > 0)
    .sort((a, b) => b.requests - a.requests)
    .slice(0, TRAFFIC_APIS_MAX)
    .map(({ one }) => one);
  const all = {
    byClass: grown(before.requests.all, now.requests.all),
    byLatency: grown(before.latencies.all, now.latencies.all),
  };
  return { all, apis };
}

/** Counters of routes that were forgotten meanwhile may have begun anew: they have not shrunk. */
function grown(before: readonly number[] | undefined, now: readonly number[]): number[] {
  return now.map((count, at) => Math.max(0, count - (before?.[at] ?? 0)));
}

function requestsOf({ byClass }: Answered): number {
  return byClass.reduce((sum, count) => sum + count, 0);
}

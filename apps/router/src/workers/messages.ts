import type { MetricObjectWithValues, MetricValue } from 'prom-client';

import type { RouterMetrics } from '../admin/metrics.ts';
import type { Config } from '../config.ts';
import type { HeldEntry } from '../discovery/held.ts';
import type { TableDelta } from './table-delta.ts';

/** With what a worker starts; everything in it can be copied or is shared memory. */
export interface WorkerStart {
  /** From 1 on; who takes a worker's place has its number */
  readonly worker: number;
  /** `[router]` without what is about this node and not about traffic */
  readonly router: WorkerRouter;
  readonly log: Config['log'];
  readonly policies: Config['policy_configurations'];
  readonly tracing: Config['tracing'];
  readonly nodeId: string;
  /** For shared-cells.ts */
  readonly cells: SharedArrayBuffer;
  /** For board.ts */
  readonly board: SharedArrayBuffer;
}

export type WorkerRouter = Omit<Config['router'], 'discovery'>;

export type ToWorker =
  /** Forms that were served before a restart */
  | { readonly do: 'recall'; readonly entries: readonly HeldEntry[] }
  | { readonly do: 'apply'; readonly id: number; readonly delta: TableDelta; readonly revoked: readonly string[] }
  | { readonly do: 'listen'; readonly port: number; readonly tlsPort: number }
  | { readonly do: 'tune'; readonly router: WorkerRouter; readonly level: Config['log']['level'] }
  | { readonly do: 'announce-drain' }
  | { readonly do: 'drain'; readonly timeoutMs: number }
  | { readonly do: 'scrape'; readonly id: number };

export type FromWorker =
  | { readonly is: 'applied'; readonly id: number }
  | { readonly is: 'listening'; readonly port: number; readonly tlsPort: number | null }
  /** Before it listens: nothing of this configuration can be served */
  | { readonly is: 'unfit'; readonly error: Error }
  | { readonly is: 'access-lines'; readonly lines: string }
  | { readonly is: 'log-line'; readonly line: string }
  | { readonly is: 'totals'; readonly totals: ReturnType<RouterMetrics['totals']> }
  | { readonly is: 'scraped'; readonly id: number; readonly metrics: readonly WorkerMetric[] }
  | { readonly is: 'drained'; readonly cut: number };

export type WorkerMetric = MetricObjectWithValues<MetricValue<string>>;

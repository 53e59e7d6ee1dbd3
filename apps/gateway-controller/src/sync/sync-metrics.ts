import { Inject, Injectable } from '@nestjs/common';
import { Gauge, type Registry } from 'prom-client';
import { DataSource } from 'typeorm';

import { ApimLinks } from '../apim-link/apim-links.ts';
import { sharedWhileRunning } from '../change-log/shared-while-running.ts';
import { METRICS } from '../settings.module.ts';
import { driftValidMs } from './drift-valid.ts';
import { readOverview, type SyncFacts } from './overview.repository.ts';
import { syncOverview } from './sync-overview.ts';

/** The way to the control plane in numbers, read from the database at each scrape: the same on every replica, and right after a restart. */
@Injectable()
export class SyncMetrics {
  constructor(
    @Inject(METRICS) registry: Registry,
    @Inject(DataSource) dataSource: DataSource,
    @Inject(ApimLinks) links: ApimLinks,
  ) {
    const read = sharedWhileRunning(() => readOverview(dataSource.manager, driftValidMs(links)));
    const gauge = (name: string, help: string, labels: readonly string[], values: (facts: SyncFacts) => Values): void => {
      void new Gauge({
        name: `gateway_controller_sync_${name}`,
        help,
        labelNames: labels,
        registers: [registry],
        async collect() {
          this.reset();
          for (const [value, ...named] of values(await read()))
            if (value !== null) this.set(Object.fromEntries(labels.map((label, index) => [label, named[index] ?? ''])), value);
        },
      });
    };
    const overview = (facts: SyncFacts) => syncOverview(facts, links.settings());
    gauge('apis', 'APIs that are ours to push, by phase', ['phase'], ({ queue }) => PHASES.map((phase) => [queue[phase], phase]));
    gauge('drift_apis', 'Pushed APIs, by whether APIM still has what was pushed', ['state'], ({ drift }) => [
      [drift.inSync, 'in_sync'],
      [drift.outOfSync, 'out_of_sync'],
      [drift.unknown, 'unknown'],
    ]);
    gauge('oldest_pending_seconds', 'How long the oldest unfulfilled wish waits; 0 = none does', [], ({ oldestPendingMs }) => [
      [(oldestPendingMs ?? 0) / 1000],
    ]);
    gauge(
      'lag_seconds',
      'From write to APIM having it, over the last hour; absent = nothing was pushed',
      ['quantile'],
      ({ lastHour }) => [
        [seconds(lastHour.medianMs), '0.5'],
        [seconds(lastHour.p99Ms), '0.99'],
        [seconds(lastHour.maxMs), '1'],
      ],
    );
    gauge('attempts_last_hour', 'Claims that were reported in the last hour, by outcome', ['outcome'], ({ lastHour }) =>
      Object.entries(lastHour.outcomes).map(([outcome, count]) => [count, outcome]),
    );
    gauge('connected', '1 = connected to the control plane', [], (facts) => [[Number(overview(facts).connection.connected)]]);
    gauge('breaker_open', '1 = nothing is pushed: the control plane refuses us or is out of reach', [], (facts) => [
      [Number(overview(facts).breaker.state !== 'closed')],
    ]);
    gauge('held_removals', 'What a listing of the control plane would take away, were it believed', ['listing'], ({ held }) => [
      [held.deployments, 'deployments'],
      [held.keys, 'keys'],
    ]);
    gauge('inbox_events', 'Events of the control plane that are not settled', [], ({ inbox }) => [[inbox.pending]]);
    gauge('acks_owed', 'Acknowledgements that are not written yet', [], ({ inbox }) => [[inbox.acksOwed]]);
  }
}

type Values = readonly (readonly [number | null, ...string[]])[];

const PHASES = ['waiting', 'due', 'syncing', 'blocked', 'paused', 'failed', 'parked', 'synced', 'deleting'] as const;

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

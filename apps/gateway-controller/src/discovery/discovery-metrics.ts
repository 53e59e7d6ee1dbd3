import { Inject, Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

import { METRICS } from '../settings.module.ts';
import type { HeardFacts } from './node-reports.ts';
import { SnapshotStore } from './snapshot-store.ts';
import { StreamRegistry } from './stream-registry.ts';
import { VersionTimes } from './version-times.ts';

/** What this replica knows and serves, per gateway; and how routers answer what it sends them. */
@Injectable()
export class DiscoveryMetrics {
  constructor(
    @Inject(METRICS) registry: Registry,
    @Inject(SnapshotStore) store: SnapshotStore,
    @Inject(StreamRegistry) streams: StreamRegistry,
  ) {
    const perGateway = (name: string, help: string, read: (gatewayId: string) => number): Gauge =>
      new Gauge({
        name,
        help,
        labelNames: ['gateway'],
        registers: [registry],
        collect() {
          this.reset();
          for (const gatewayId of store.gatewayIds()) this.set({ gateway: gatewayId }, read(gatewayId));
        },
      });
    perGateway('tidegate_discovery_streams', 'Routers connected to this replica', (id) => streams.counts().get(id) ?? 0);
    perGateway('tidegate_discovery_version', 'Version of the gateway that this replica serves', (id) => store.version(id));
    perGateway('tidegate_discovery_entries', 'Entries that the gateway serves', (id) => store.snapshot(id)?.count ?? 0);
    perGateway('tidegate_discovery_uncompilable', 'Stored deployments that do not compile', (id) => store.issues(id).length);
    measureAnswers(registry, store, streams);
  }
}

function measureAnswers(registry: Registry, store: SnapshotStore, streams: StreamRegistry): void {
  const answers = new Counter({
    name: 'tidegate_discovery_answers_total',
    help: 'Pushes that routers answered: applied, nacked (not applied), rejected (applied without some deployments)',
    labelNames: ['answer'],
    registers: [registry],
  });
  const latency = new Histogram({
    name: 'gateway_controller_deployment_latency_seconds',
    help: 'From the moment this replica learned of a version to the acknowledgement of a router that applied it',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const times = new VersionTimes();
  store.onChange((gatewayId) => times.learned(gatewayId, store.version(gatewayId), performance.now()));
  streams.onReport((facts) => {
    const answer = answerOf(facts);
    if (answer === null) return;
    answers.inc({ answer });
    const learnedAt = facts.applied === undefined ? null : times.learnedAt(facts.gatewayId, facts.applied.version);
    if (learnedAt !== null) latency.observe((performance.now() - learnedAt) / 1000);
  });
}

/** `null` = not about a push that came through */
function answerOf({ nacked, rejected, applied }: HeardFacts): 'applied' | 'nacked' | 'rejected' | null {
  if (nacked !== undefined) return 'nacked';
  if (applied?.applyUs === undefined) return null;
  return rejected !== undefined && rejected.length > 0 ? 'rejected' : 'applied';
}

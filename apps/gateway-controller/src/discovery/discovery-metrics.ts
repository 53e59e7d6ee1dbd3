import { Inject, Injectable } from '@nestjs/common';
import { Gauge, type Registry } from 'prom-client';

import { METRICS } from '../settings.module.ts';
import { SnapshotStore } from './snapshot-store.ts';
import { StreamRegistry } from './stream-registry.ts';

/** What this replica knows and serves, per gateway; read when scraped. */
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
  }
}

import { Module } from '@nestjs/common';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { GatewaysModule } from '../gateways/gateways.module.ts';
import { SealingModule } from '../sealing/sealing.module.ts';
import { GrpcModule } from '../grpc/grpc.module.ts';
import { Compiler } from './compiler.ts';
import { DiscoveryMetrics } from './discovery-metrics.ts';
import { DiscoveryService } from './discovery-service.ts';
import { EpochKeeper } from './epoch-keeper.ts';
import { HelloCheck } from './hello-check.ts';
import { NodeAnswers } from './node-answers.ts';
import { NodeOrders } from './node-orders.ts';
import { NodeReports } from './node-reports.ts';
import { Propagation } from './propagation.ts';
import { SnapshotStore } from './snapshot-store.ts';
import { StreamRegistry } from './stream-registry.ts';
import { TrafficReports } from '../traffic/traffic-reports.ts';

/** What gateways serve, the streams that tell them, and how far a change has come. */
@Module({
  imports: [ChangeLogModule, GatewaysModule, GrpcModule, SealingModule],
  providers: [
    Compiler,
    EpochKeeper,
    SnapshotStore,
    NodeReports,
    TrafficReports,
    NodeAnswers,
    NodeOrders,
    StreamRegistry,
    HelloCheck,
    DiscoveryService,
    Propagation,
    DiscoveryMetrics,
  ],
  exports: [Compiler, EpochKeeper, SnapshotStore, Propagation],
})
export class DiscoveryModule {}

import { Module } from '@nestjs/common';

import { ApimLinkModule } from '../apim-link/apim-link.module.ts';
import { SyncController } from './sync.controller.ts';
import { SyncMetrics } from './sync-metrics.ts';
import { SyncQueries } from './sync.queries.ts';
import { SyncService } from './sync.service.ts';

/** What operators see of the way to the control plane, and how they steer it. */
@Module({ imports: [ApimLinkModule], controllers: [SyncController], providers: [SyncQueries, SyncService, SyncMetrics] })
export class SyncModule {}

import { Module } from '@nestjs/common';

import { ApimLinkModule } from '../apim-link/apim-link.module.ts';
import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { DiscoveryModule } from '../discovery/discovery.module.ts';
import { SealingModule } from '../sealing/sealing.module.ts';
import { ApplyService } from './apply.service.ts';
import { Documents } from './documents.ts';
import { OpenApiController } from './openapi.controller.ts';
import { PreviewService } from './preview.service.ts';
import { Receipts } from './receipts.ts';
import { RestApiSetsController } from './rest-api-sets.controller.ts';
import { RestApisController } from './rest-apis.controller.ts';
import { RestApisQueries } from './rest-apis.queries.ts';
import { RestApisService } from './rest-apis.service.ts';
import { RouteCheck } from './route-check.ts';

@Module({
  imports: [ChangeLogModule, DiscoveryModule, ApimLinkModule, SealingModule],
  controllers: [RestApisController, OpenApiController, RestApiSetsController],
  providers: [ApplyService, Documents, PreviewService, RestApisService, RestApisQueries, RouteCheck, Receipts],
  exports: [Documents, Receipts, RouteCheck, RestApisService, RestApisQueries],
})
export class RestApisModule {}

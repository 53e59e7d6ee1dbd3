import { Module } from '@nestjs/common';

import { FleetModule } from '../gateways/fleet.module.ts';
import { OperationWorker } from './operation-worker.ts';
import { OperationsController } from './operations.controller.ts';
import { OperationsService } from './operations.service.ts';

/** What is done to gateways node by node. */
@Module({
  imports: [FleetModule],
  controllers: [OperationsController],
  providers: [OperationsService, OperationWorker],
  exports: [OperationsService],
})
export class OperationsModule {}

import { Module } from '@nestjs/common';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { FleetModule } from '../gateways/fleet.module.ts';
import { RestApisModule } from '../rest-apis/rest-apis.module.ts';
import { DeploymentsController } from './deployments.controller.ts';
import { DeploymentsService } from './deployments.service.ts';
import { EnvironmentsController } from './environments.controller.ts';
import { EnvironmentsService } from './environments.service.ts';
import { MigrationEngine } from './migration-engine.ts';
import { MigrationWorker } from './migration-worker.ts';
import { MigrationsController } from './migrations.controller.ts';
import { MigrationsService } from './migrations.service.ts';

/** Environments, what is deployed to them, and how they move between gateways. */
@Module({
  imports: [ChangeLogModule, RestApisModule, FleetModule],
  controllers: [EnvironmentsController, DeploymentsController, MigrationsController],
  providers: [EnvironmentsService, DeploymentsService, MigrationsService, MigrationEngine, MigrationWorker],
})
export class EnvironmentsModule {}

import { Module } from '@nestjs/common';

import { FleetModule } from '../gateways/fleet.module.ts';
import { OperationsModule } from '../operations/operations.module.ts';
import { Releases } from './releases.service.ts';
import { RuntimeKeeper } from './runtime-keeper.ts';
import { RuntimeSchedules } from './runtime-schedules.service.ts';
import { RuntimesController } from './runtimes.controller.ts';
import { Runtimes } from './runtimes.service.ts';

/** Releases of the router runtime, and which one each gateway runs. */
@Module({
  imports: [FleetModule, OperationsModule],
  controllers: [RuntimesController],
  providers: [Releases, Runtimes, RuntimeSchedules, RuntimeKeeper],
})
export class RuntimesModule {}

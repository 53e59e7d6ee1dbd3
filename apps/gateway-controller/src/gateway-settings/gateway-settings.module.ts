import { Module } from '@nestjs/common';

import { FleetModule } from '../gateways/fleet.module.ts';
import { OperationsModule } from '../operations/operations.module.ts';
import { GatewaySettingsController } from './gateway-settings.controller.ts';
import { GatewaySettings } from './gateway-settings.service.ts';
import { LogRequestsController } from './log-requests.controller.ts';
import { LogRequests } from './log-requests.service.ts';

/** What routers of a gateway run with, and what they have to say about themselves. */
@Module({
  imports: [FleetModule, OperationsModule],
  controllers: [GatewaySettingsController, LogRequestsController],
  providers: [GatewaySettings, LogRequests],
})
export class GatewaySettingsModule {}

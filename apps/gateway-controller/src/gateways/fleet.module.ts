import { Module } from '@nestjs/common';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { DiscoveryModule } from '../discovery/discovery.module.ts';
import { RestApisModule } from '../rest-apis/rest-apis.module.ts';
import { FleetPresence } from './fleet-presence.ts';
import { Fleet } from './fleet.ts';
import { GatewayNodesController } from './gateway-nodes.controller.ts';
import { GatewayTokensController } from './gateway-tokens.controller.ts';
import { GatewaysController } from './gateways.controller.ts';
import { GatewaysModule } from './gateways.module.ts';
import { GatewaysService } from './gateways.service.ts';

/** Gateways as users see and change them. */
@Module({
  imports: [ChangeLogModule, GatewaysModule, DiscoveryModule, RestApisModule],
  controllers: [GatewaysController, GatewayNodesController, GatewayTokensController],
  providers: [Fleet, GatewaysService, FleetPresence],
  exports: [Fleet, GatewaysService],
})
export class FleetModule {}

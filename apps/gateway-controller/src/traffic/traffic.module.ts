import { Module } from '@nestjs/common';

import { FleetModule } from '../gateways/fleet.module.ts';
import { TrafficController } from './traffic.controller.ts';

/** What routers say they answered, for people to look at. */
@Module({ imports: [FleetModule], controllers: [TrafficController] })
export class TrafficModule {}

import { Module } from '@nestjs/common';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { FleetModule } from '../gateways/fleet.module.ts';
import { GatewayEvents } from './gateway-events.service.ts';
import { MailRelay } from './mail-relay.ts';
import { NotificationsController } from './notifications.controller.ts';
import { StatusSweeper } from './status-sweeper.ts';
import { NotificationSubscriptions } from './subscriptions.service.ts';

/** What happens to gateways, and who is told. */
@Module({
  imports: [ChangeLogModule, FleetModule],
  controllers: [NotificationsController],
  providers: [NotificationSubscriptions, GatewayEvents, StatusSweeper, MailRelay],
})
export class NotificationsModule {}

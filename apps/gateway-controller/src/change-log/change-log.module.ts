import { Module } from '@nestjs/common';

import { GatewayWriter } from './gateway-writer.ts';
import { Housekeeping } from './housekeeping.ts';
import { Notifications } from './notifications.ts';
import { Relay } from './relay.ts';

/** Versions, the outbox and its relay, notifications between replicas. Needs SettingsModule and DatabaseModule. */
@Module({
  providers: [GatewayWriter, Notifications, Relay, Housekeeping],
  exports: [GatewayWriter, Notifications],
})
export class ChangeLogModule {}

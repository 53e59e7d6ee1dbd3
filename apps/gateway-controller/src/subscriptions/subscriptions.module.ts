import { Module } from '@nestjs/common';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { RestApisModule } from '../rest-apis/rest-apis.module.ts';
import { RemoteSubscriptions } from './remote-subscriptions.ts';
import { SubscriptionPlansController } from './subscription-plans.controller.ts';
import { SubscriptionPlansService } from './subscription-plans.service.ts';
import { SubscriptionsController } from './subscriptions.controller.ts';
import { SubscriptionsService } from './subscriptions.service.ts';

@Module({
  imports: [ChangeLogModule, RestApisModule],
  controllers: [SubscriptionPlansController, SubscriptionsController],
  providers: [RemoteSubscriptions, SubscriptionPlansService, SubscriptionsService],
  exports: [RemoteSubscriptions],
})
export class SubscriptionsModule {}

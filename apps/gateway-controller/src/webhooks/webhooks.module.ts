import { Global, Module } from '@nestjs/common';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { WebhookDestinations } from './webhook-destinations.ts';
import { WebhookRelay } from './webhook-relay.ts';

/** The one way in which this installation tells the outside world something: durable, signed, bounded. */
@Global()
@Module({ imports: [ChangeLogModule], providers: [WebhookDestinations, WebhookRelay], exports: [WebhookDestinations] })
export class WebhooksModule {}

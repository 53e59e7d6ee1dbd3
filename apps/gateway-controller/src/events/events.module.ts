import { Module } from '@nestjs/common';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { EventStreams } from './event-streams.ts';
import { EventsController } from './events.controller.ts';

@Module({ imports: [ChangeLogModule], controllers: [EventsController], providers: [EventStreams] })
export class EventsModule {}

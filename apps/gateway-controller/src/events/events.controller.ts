import { Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import { type EventQuery, eventQuery } from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import type { Caller } from '../http/access.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { EventStreams } from './event-streams.ts';

@Controller(['events', 'api/management/v1/events'])
export class EventsController {
  readonly #streams: EventStreams;

  constructor(@Inject(EventStreams) streams: EventStreams) {
    this.#streams = streams;
  }

  @Get()
  stream(
    @Query(queryOf(eventQuery)) query: EventQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CalledBy() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.#streams.open(reply.raw, caller, lastEventId ?? query.lastEventId, () => {
      reply.hijack();
      reply.raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'Content-Type': 'text/event-stream; charset=utf-8',
        'X-Accel-Buffering': 'no',
        // Nothing follows on this connection: a stopping server need not wait for it.
        Connection: 'close',
      });
    });
  }
}

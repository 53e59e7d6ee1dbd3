import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';

import { coalesce } from '../change-log/coalesce.ts';
import { Notifications } from '../change-log/notifications.ts';
import { PG_POOL } from '../database/database.module.ts';
import type { Caller } from '../http/access.ts';
import { ApiError } from '../http/api-error.ts';
import { LOGGER } from '../settings.module.ts';
import { eventId, startingPoint } from './event-position.ts';
import { readEvents, readHead } from './read-events.ts';

const STREAMS_MAX = 200;
const STREAMS_PER_USER_MAX = 10;
const BATCH = 256;
const SWEEP_MS = 1000;
const QUIET_MS = 15_000;

/** A stream ends by itself, so that whoever comes back is asked again who they are; browsers go on from `Last-Event-ID`. */
const LIFE_MS = 60_000;

interface Stream {
  readonly caller: Caller;
  readonly raw: ServerResponse;
  readonly epoch: number;
  after: number;
  spokeAt: number;
  readonly endsAt: number;
  readonly ended: AbortController;
  look(): Promise<void>;
}

/**
 * Server-sent events to browsers and scripts. Nothing is queued: each stream has a place in the table of events and reads on when
 * it is rung, by notification or by a sweep, and waits while its client does not read.
 */
@Injectable()
export class EventStreams implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #streams = new Set<Stream>();
  readonly #lookAtAll = coalesce(() => this.#look());
  #sweep: NodeJS.Timeout | undefined;

  constructor(@Inject(PG_POOL) pool: Pool, @Inject(Notifications) notifications: Notifications, @Inject(LOGGER) logger: Logger) {
    this.#pool = pool;
    this.#logger = logger;
    notifications.on('tidegate_event', () => this.#wake());
    notifications.onConnected(() => this.#wake());
  }

  onApplicationBootstrap(): void {
    this.#sweep = setInterval(() => this.#tend(), SWEEP_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#sweep);
    for (const stream of this.#streams) end(stream);
  }

  /** @throws ApiError 429 before anything is written */
  async open(raw: ServerResponse, caller: Caller, lastEventId: string | undefined, begin: () => void): Promise<void> {
    const own = [...this.#streams].filter((stream) => stream.caller.id === caller.id).length;
    if (own >= STREAMS_PER_USER_MAX || this.#streams.size >= STREAMS_MAX) throw tooMany();
    const head = await readHead(this.#pool);
    const { after, resync } = startingPoint(lastEventId, head);
    const now = performance.now();
    const stream: Stream = {
      caller,
      raw,
      epoch: head.epoch,
      after,
      spokeAt: now,
      endsAt: now + LIFE_MS,
      ended: new AbortController(),
      look: coalesce(() => this.#deliver(stream)),
    };
    begin();
    this.#streams.add(stream);
    raw.on('close', () => this.#closed(stream));
    raw.on('error', () => this.#closed(stream));
    raw.write(`id: ${eventId(head.epoch, after)}\n${resync ? 'event: resync\ndata: {}\n' : ''}\n`);
    this.#ring(stream);
  }

  #wake(): void {
    this.#lookAtAll().catch((error: unknown) => this.#unread(error));
  }

  /** Rings those for whom there may be something: however many streams there are, one look says whether there is. */
  async #look(): Promise<void> {
    if (this.#streams.size === 0) return;
    const { epoch, last } = await readHead(this.#pool);
    for (const stream of this.#streams) if (epoch !== stream.epoch || last > stream.after) this.#ring(stream);
  }

  #ring(stream: Stream): void {
    stream.look().catch((error: unknown) => this.#unread(error));
  }

  #unread(error: unknown): void {
    this.#logger.debug({ err: error }, 'Events could not be read; the sweep tries again');
  }

  #tend(): void {
    const now = performance.now();
    for (const stream of this.#streams) {
      if (now > stream.endsAt) end(stream);
      else if (now - stream.spokeAt > QUIET_MS) say(stream, ':\n\n');
    }
    this.#wake();
  }

  async #deliver(stream: Stream): Promise<void> {
    while (!stream.ended.signal.aborted) {
      const { epoch, last } = await readHead(this.#pool);
      if (epoch !== stream.epoch) return end(stream); // it comes back, and is told to read anew
      if (last <= stream.after) return;
      const events = await readEvents(this.#pool, { after: stream.after, last, limit: BATCH }, stream.caller);
      for (const { id, event } of events) {
        if (!say(stream, `id: ${eventId(epoch, id)}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`))
          await once(stream.raw, 'drain', { signal: stream.ended.signal }).catch(() => undefined);
      }
      stream.after = events.length < BATCH ? last : (events.at(-1)?.id ?? last);
    }
  }

  #closed(stream: Stream): void {
    stream.ended.abort();
    this.#streams.delete(stream);
  }
}

/** False: the client has to read first, or is gone. */
function say(stream: Stream, text: string): boolean {
  if (stream.ended.signal.aborted || stream.raw.destroyed) return true;
  stream.spokeAt = performance.now();
  return stream.raw.write(text);
}

/** A client that does not read is not waited for. */
function end({ raw, ended }: Stream): void {
  ended.abort();
  if (raw.writableNeedDrain) raw.destroy();
  else raw.end();
}

function tooMany(): ApiError {
  const message = `At most ${STREAMS_PER_USER_MAX} event streams of one user and ${STREAMS_MAX} in all; close one first`;
  return new ApiError(429, 'too_many_streams', message, { headers: { 'Retry-After': '5' } });
}

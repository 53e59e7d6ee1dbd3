import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CHANGES_LENGTH_MAX, encodeDoorbell } from '@tidegate/gateway-events';
import type { Logger } from '@tidegate/process';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';

import type { ControllerConfig } from '../config.ts';
import { PG_POOL } from '../database/database.module.ts';
import { CONFIG, LOGGER } from '../settings.module.ts';
import { coalesce } from './coalesce.ts';
import { Notifications } from './notifications.ts';
import { DOORBELLS_MAX, dropStaleDoorbells, type OwedDoorbell, takeDoorbells } from './take-doorbells.ts';

/** Doorbells older than this are dropped while Redis is away or not configured: apim-sync sweeps every second anyway. */
const STALE_MS = 60_000;
const SWEEP_MS = 1000;

/**
 * Rings what the outbox owes, by XADD. Redis is a doorbell (thesis 9): without it, or while it is away, rows age and go, and
 * nothing waits. Every replica runs one; SKIP LOCKED shares the work.
 */
@Injectable()
export class Relay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #redis: Redis | null;
  readonly #sweep: NodeJS.Timeout;
  readonly #drainOnce = coalesce(() => this.#drain());
  #stopped = false;

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(Notifications) notifications: Notifications,
    @Inject(CONFIG) config: Pick<ControllerConfig, 'redis'>,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#pool = pool;
    this.#logger = logger;
    this.#redis = config.redis.url === '' ? null : open(config.redis.url, logger);
    this.#redis?.on('ready', () => this.wake());
    notifications.on('tidegate_outbox', () => this.wake());
    this.#sweep = setInterval(() => this.wake(), SWEEP_MS).unref();
  }

  onApplicationBootstrap(): void {
    if (this.#redis === null) this.#logger.info('No Redis configured: changes reach apim-sync by its sweep');
    else this.#redis.connect().catch(() => undefined); // the error listener has said it, and retries go on
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#sweep);
    await this.#drainOnce();
    this.#redis?.disconnect();
  }

  /** Looks at the outbox now; calls while it is being looked at coalesce into one more look. */
  wake(): void {
    if (!this.#stopped) void this.#drainOnce();
  }

  /** Never fails: what could not be rung stays owed. */
  async #drain(): Promise<void> {
    const redis = this.#redis;
    try {
      if (redis?.status === 'ready') {
        while (!this.#stopped && (await takeDoorbells(this.#pool, (owed) => ring(redis, owed))) === DOORBELLS_MAX);
      } else {
        await dropStaleDoorbells(this.#pool, STALE_MS);
      }
    } catch (error) {
      this.#logger.debug({ err: error }, 'Doorbells could not be rung; they stay owed');
    }
  }
}

/** Short, bounded waits: a command that takes a second, or finds no connection, fails and is tried again by the sweep. */
function open(url: string, logger: Logger): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2000,
    commandTimeout: 1000,
    retryStrategy: (attempt) => Math.min(100 * 2 ** attempt, 5000),
  });
  let away = false;
  redis.on('error', (error) => {
    if (!away) logger.warn({ err: error }, 'Redis is away; changes reach apim-sync by its sweep');
    away = true;
  });
  redis.on('ready', () => {
    if (away) logger.info('Redis is back');
    away = false;
  });
  return redis;
}

async function ring(redis: Redis, owed: readonly OwedDoorbell[]): Promise<void> {
  const pipeline = redis.pipeline();
  for (const { topic, doorbell } of owed)
    pipeline.xadd(topic, 'MAXLEN', '~', CHANGES_LENGTH_MAX, '*', ...encodeDoorbell(doorbell));
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}

import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { fullJitter } from '@tidegate/backoff';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';
import { Counter, type Registry } from 'prom-client';

import { coalesce } from '../change-log/coalesce.ts';
import { Notifications } from '../change-log/notifications.ts';
import { PG_POOL } from '../database/database.module.ts';
import { LOGGER, METRICS } from '../settings.module.ts';
import { postWebhook } from './post-webhook.ts';
import { claimWebhooks, type DueWebhook, settleWebhook } from './webhook-deliveries.ts';
import { WebhookDestinations } from './webhook-destinations.ts';

const SWEEP_MS = 2000;
/** Destinations told at once */
const AT_ONCE = 8;
const RETRY = { baseMs: 2000, capMs: 900_000, floorMs: 500 };

/** Sends what is owed. Every replica runs one; SKIP LOCKED shares the work. */
@Injectable()
export class WebhookRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #destinations: WebhookDestinations;
  readonly #logger: Logger;
  readonly #sent: Counter<'outcome'>;
  readonly #drainOnce = coalesce(() => this.#drain());
  #sweep: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(WebhookDestinations) destinations: WebhookDestinations,
    @Inject(Notifications) notifications: Notifications,
    @Inject(LOGGER) logger: Logger,
    @Inject(METRICS) registry: Registry,
  ) {
    this.#pool = pool;
    this.#destinations = destinations;
    this.#logger = logger;
    this.#sent = new Counter({
      name: 'gateway_controller_webhook_attempts_total',
      help: 'Webhook deliveries tried, by outcome',
      labelNames: ['outcome'],
      registers: [registry],
    });
    notifications.on('tidegate_webhooks', () => this.#wake());
  }

  onApplicationBootstrap(): void {
    this.#sweep = setInterval(() => this.#wake(), SWEEP_MS).unref();
    this.#wake();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#sweep);
    await this.#drainOnce();
  }

  #wake(): void {
    if (!this.#stopped) void this.#drainOnce();
  }

  /** Never fails: what could not be sent stays owed. */
  async #drain(): Promise<void> {
    try {
      while (!this.#stopped) {
        const due = await claimWebhooks(this.#pool, AT_ONCE);
        if (due.length === 0) return;
        await Promise.all(due.map((webhook) => this.#send(webhook)));
      }
    } catch (error) {
      this.#logger.debug({ err: error }, 'Webhooks could not be sent; they stay owed');
    }
  }

  async #send(webhook: DueWebhook): Promise<void> {
    const { id, destination, type, attempts, isLast } = webhook;
    const to = await this.#destinations.find(destination);
    const posted = to === null ? null : await postWebhook(to, webhook);
    if (posted?.ok === true) {
      this.#sent.inc({ outcome: 'delivered' });
      return settleWebhook(this.#pool, id, { state: 'delivered', error: null, retryInMs: 0 });
    }
    const error = posted?.message ?? 'The destination is not there any more';
    const isOver = posted === null || isLast;
    this.#sent.inc({ outcome: isOver ? 'dropped' : 'failed' });
    this.#logger.warn(
      { destination, type, id, attempts, reason: error },
      isOver ? 'Webhook dropped' : 'Webhook failed, will retry',
    );
    const waitMs = fullJitter({ attempt: attempts, random: Math.random, ...RETRY });
    const retryInMs = Math.max(waitMs, Math.min(posted?.retryAfterMs ?? 0, RETRY.capMs));
    await settleWebhook(this.#pool, id, { state: isOver ? 'dropped' : 'pending', error, retryInMs });
  }
}

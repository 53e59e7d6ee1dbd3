import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool, PoolClient } from 'pg';

import { PG_POOL } from '../database/database.module.ts';
import { LOGGER } from '../settings.module.ts';

export type Channel =
  | 'tidegate_version'
  | 'tidegate_outbox'
  | 'tidegate_applied'
  | 'tidegate_credential'
  | 'tidegate_stream'
  | 'tidegate_event'
  | 'tidegate_webhooks'
  | 'tidegate_orders';

/**
 * One LISTEN connection per process. Notifications are hints: whoever uses them also sweeps, so a lost one costs latency only.
 * Reconnects for ever, 0.2 s doubling to 5 s.
 */
@Injectable()
export class Notifications implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #handlers = new Map<string, ((payload: string) => void)[]>();
  readonly #connected: (() => void)[] = [];
  #client: PoolClient | null = null;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;

  constructor(@Inject(PG_POOL) pool: Pool, @Inject(LOGGER) logger: Logger) {
    this.#pool = pool;
    this.#logger = logger;
  }

  /** Register before the application has started. `handler` must not throw. */
  on(channel: Channel, handler: (payload: string) => void): void {
    this.#handlers.set(channel, [...(this.#handlers.get(channel) ?? []), handler]);
  }

  /** Called after every (re)connect: what was announced meanwhile was missed, look for yourself. */
  onConnected(handler: () => void): void {
    this.#connected.push(handler);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.#connect();
  }

  beforeApplicationShutdown(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#client?.release(true);
    this.#client = null;
  }

  async #connect(): Promise<void> {
    let client: PoolClient | null = null;
    try {
      client = await this.#pool.connect();
      client.on('notification', ({ channel, payload }) => this.#deliver(channel, payload ?? ''));
      client.on('error', (error) => this.#lost(client, error));
      client.on('end', () => this.#lost(client, new Error('The connection ended')));
      for (const channel of this.#handlers.keys()) await client.query(`LISTEN ${channel}`);
    } catch (error) {
      client?.release(true);
      this.#again(error);
      return;
    }
    if (this.#stopped) return client.release(true);
    this.#client = client;
    this.#failures = 0;
    for (const connected of this.#connected) connected();
  }

  #deliver(channel: string, payload: string): void {
    for (const handler of this.#handlers.get(channel) ?? []) handler(payload);
  }

  #lost(client: PoolClient | null, error: unknown): void {
    // 'error' is followed by 'end', and a client that failed while LISTENing is handled by #connect.
    if (client === null || this.#client !== client) return;
    this.#client = null;
    client.release(true);
    this.#again(error);
  }

  #again(error: unknown): void {
    if (this.#stopped) return;
    const delayMs = Math.min(200 * 2 ** this.#failures, 5000);
    this.#failures += 1;
    this.#logger.warn({ err: error, delayMs }, 'Database notifications lost; working by sweeps until they are back');
    this.#retry = setTimeout(() => void this.#connect(), delayMs);
  }
}

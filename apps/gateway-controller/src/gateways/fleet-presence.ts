import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';

import type { ControllerConfig } from '../config.ts';
import { PG_POOL } from '../database/database.module.ts';
import { CONFIG, LOGGER } from '../settings.module.ts';

const EVERY_MS_MAX = 5000;
/** Beats that may be missed. Nobody alive for longer: whatever nodes said meanwhile, nobody heard it. */
const MISSED_MAX = 3;

/**
 * Notes since when controllers have been listening without a gap, so that an outage of ours never turns the fleet red. Every
 * replica beats the one row.
 */
@Injectable()
export class FleetPresence implements OnModuleInit, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #logger: Logger;
  /** A gap has to be noticed well before silence within it makes a node lost */
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(LOGGER) logger: Logger,
    @Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>,
  ) {
    this.#pool = pool;
    this.#logger = logger;
    this.#everyMs = Math.min(EVERY_MS_MAX, controller.fleet.lost_after / (MISSED_MAX + 1));
  }

  /** Before anybody can ask for a status. */
  async onModuleInit(): Promise<void> {
    await this.#beat();
    this.#timer = setInterval(() => {
      this.#running = this.#beat().catch((error: unknown) =>
        this.#logger.warn({ err: error }, 'Presence of the controller could not be noted'),
      );
    }, this.#everyMs).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #beat(): Promise<void> {
    await this.#pool.query(BEAT, [MISSED_MAX * this.#everyMs]);
  }
}

const BEAT = `
  INSERT INTO fleet_presence AS known (serving_since, last_alive_at) VALUES (now(), now())
  ON CONFLICT (singleton) DO UPDATE SET
    serving_since = CASE WHEN known.last_alive_at < now() - $1 * interval '1 millisecond' THEN now() ELSE known.serving_since END,
    last_alive_at = now()`;

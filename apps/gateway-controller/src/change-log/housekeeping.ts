import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';

import { PG_POOL } from '../database/database.module.ts';
import { LOGGER } from '../settings.module.ts';
import { LeasedJob } from './leased-job.ts';
import { pruneTombstones, TOMBSTONE_BOUNDS } from './tombstones.ts';

const EVERY_MS = 60_000;
const LEASE = 'housekeeping';

/** What grows and must be cut, done by one replica at a time. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #job: LeasedJob;

  constructor(@Inject(PG_POOL) pool: Pool, @Inject(LOGGER) logger: Logger) {
    this.#pool = pool;
    this.#logger = logger;
    this.#job = new LeasedJob({
      pool,
      logger,
      lease: LEASE,
      everyMs: EVERY_MS,
      leaseMs: 3 * EVERY_MS,
      run: () => this.#run(),
      failed: 'Housekeeping failed; next try in a minute',
    });
  }

  onApplicationBootstrap(): void {
    this.#job.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#job.stop();
  }

  async #run(): Promise<void> {
    const deleted = await pruneTombstones(this.#pool, TOMBSTONE_BOUNDS);
    if (deleted > 0) this.#logger.info({ deleted }, 'Old tombstones pruned');
    await forgetOld(this.#pool);
  }
}

/** Deletes what is older than anybody looks back. */
export async function forgetOld(pool: Pool): Promise<void> {
  for (const statement of FORGET) await pool.query(statement);
}

/** By age, and by number where many come in a short time. */
const FORGET = [
  `DELETE FROM apim_attempt a WHERE reported_at < now() - interval '7 days' AND NOT EXISTS (SELECT 1 FROM apim_link WHERE api_id = a.api_id)`,
  forget('idempotent_request', 'created_at', '1 day', 20_000),
  forget('event', 'at', '7 days', 10_000),
  forget('audit_entry', 'at', '90 days', 200_000),
  // as long as GET /traffic looks back
  `DELETE FROM node_traffic WHERE slot < now() - interval '7 hours'`,
  `DELETE FROM api_traffic WHERE slot < now() - interval '7 hours'`,
  // APIM replays what it has not delivered for a day
  `DELETE FROM cp_inbox WHERE state <> 'pending' AND settled_at < now() - interval '3 days'`,
  `DELETE FROM webhook_delivery WHERE settled_at < now() - interval '7 days'`,
  `DELETE FROM gateway_event WHERE at < now() - interval '7 days'`,
  `DELETE FROM mail_delivery WHERE state <> 'pending' AND created_at < now() - interval '7 days'`,
  `DELETE FROM join_token WHERE expires_at < now() - interval '7 days'`,
  `DELETE FROM session WHERE expires_at < now()`,
  `DELETE FROM node_credential WHERE expires_at < now() - interval '7 days'`,
];

function forget(table: string, column: string, age: string, countMax: number): string {
  return `DELETE FROM ${table} WHERE ${column} < greatest(now() - interval '${age}',
    (SELECT ${column} FROM ${table} ORDER BY ${column} DESC OFFSET ${countMax} LIMIT 1))`;
}

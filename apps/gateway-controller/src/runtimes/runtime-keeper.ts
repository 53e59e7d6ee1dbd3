import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';

import { LeasedJob } from '../change-log/leased-job.ts';
import { PG_POOL } from '../database/database.module.ts';
import { ApiError } from '../http/api-error.ts';
import { LOGGER } from '../settings.module.ts';
import { keeperDuty } from './keeper-duty.ts';
import { listReleases, type StoredRelease } from './releases.repository.ts';
import { Runtimes } from './runtimes.service.ts';

const LEASE = 'runtime-keeper';
const EVERY_MS = 2000;
const LEASE_MS = 10_000;
/** After an operation that failed: time for somebody to look before it is tried again. */
const AGAIN_AFTER_MS = 10 * 60_000;

/**
 * Sees to it that gateways run what they shall: releases whose window is over, slots of schedules, and nodes that were away. One replica
 * at a time; it keeps nothing.
 */
@Injectable()
export class RuntimeKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #dataSource: DataSource;
  readonly #runtimes: Runtimes;
  readonly #logger: Logger;
  readonly #job: LeasedJob;

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(DataSource) dataSource: DataSource,
    @Inject(Runtimes) runtimes: Runtimes,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#dataSource = dataSource;
    this.#runtimes = runtimes;
    this.#logger = logger;
    this.#job = new LeasedJob({
      pool,
      logger,
      lease: LEASE,
      everyMs: EVERY_MS,
      leaseMs: LEASE_MS,
      run: () => this.#look(),
      failed: 'Runtimes of gateways could not be looked after; next try soon',
    });
  }

  onApplicationBootstrap(): void {
    this.#job.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#job.stop();
  }

  async #look(): Promise<void> {
    const gateways = await this.#dataSource.query<Kept[]>(KEPT, [AGAIN_AFTER_MS]);
    if (gateways.length === 0) return;
    const releases = await listReleases(this.#dataSource.manager);
    for (const gateway of gateways) await this.#tend(gateway, releases);
  }

  async #tend({ id, handle, failedUpdate, recentlyFailed }: Kept, releases: readonly StoredRelease[]): Promise<void> {
    const view = await this.#runtimes.view(id, releases);
    const ran =
      view.slotMs === null
        ? []
        : await this.#dataSource.query<{ version: string }[]>(`SELECT version FROM runtime_schedule_run WHERE gateway_id = $1`, [
            id,
          ]);
    const duty = keeperDuty({
      nowMs: view.row.nowMs,
      wanted: view.row.wanted,
      previous: view.row.previous,
      liveVersions: view.nodes.filter(({ live }) => live).flatMap(({ version }) => version ?? []),
      pending: view.offer.pending?.version ?? null,
      isDue: view.offer.isDue,
      slotMs: view.slotMs,
      hasRun: new Set(ran.map(({ version }) => version)),
      failedUpdate,
      recentlyFailed,
    });
    if (duty === null) return;
    if (duty.why === 'schedule')
      await this.#dataSource.query(
        `INSERT INTO runtime_schedule_run (gateway_id, version) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
        [id, duty.version],
      );
    try {
      await this.#runtimes.take(id, { version: duty.version, kind: duty.kind, by: 'controller', reason: REASONS[duty.why] });
      this.#logger.info({ gateway: handle, ...duty }, 'A runtime is taken without being asked for');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // another operation began meanwhile
    }
  }
}

const REASONS = {
  failed: 'The update failed',
  mandatory: 'The window of the release is over',
  schedule: 'Scheduled',
  behind: 'A node was away',
} as const;

interface Kept {
  readonly id: string;
  readonly handle: string;
  /** The update to what is wanted now has failed, and nothing has been done about it */
  readonly failedUpdate: boolean;
  readonly recentlyFailed: boolean;
}

/** Gateways without an operation that runs. */
const KEPT = `
  SELECT gateway.id, handle,
         coalesce(last.kind = 'update' AND last.state = 'failed' AND last.runtime_version = gateway.runtime_version, false) AS "failedUpdate",
         coalesce(last.state = 'failed' AND last.ended_at > now() - $1 * interval '1 millisecond', false) AS "recentlyFailed"
  FROM gateway
  LEFT JOIN LATERAL (SELECT * FROM gateway_operation WHERE gateway_id = gateway.id AND kind <> 'restart' ORDER BY started_at DESC LIMIT 1)
    AS last ON true
  WHERE deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM gateway_operation WHERE gateway_id = gateway.id AND state = 'open')
  ORDER BY handle`;

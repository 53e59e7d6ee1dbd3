import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { GatewayItem } from '@tidegate/management-api';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';

import { LeasedJob } from '../change-log/leased-job.ts';
import { PG_POOL } from '../database/database.module.ts';
import { Fleet } from '../gateways/fleet.ts';
import { listGateways } from '../gateways/gateways.queries.ts';
import { collectNodes } from '../gateways/collect-nodes.ts';
import { LOGGER } from '../settings.module.ts';
import { gatewayNews, type Told } from './gateway-news.ts';
import { tellNews } from './tell-news.ts';

const LEASE = 'gateway-status';
const EVERY_MS = 2000;
const LEASE_MS = 10_000;

/**
 * Derives the status of every gateway as a reader would, compares it with what was told last, and tells what is new: feeds, webhooks,
 * letters, browsers. One replica at a time; what it has told is stored with what it tells, so nothing is told twice or forgotten.
 */
@Injectable()
export class StatusSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #dataSource: DataSource;
  readonly #fleet: Fleet;
  readonly #logger: Logger;
  readonly #job: LeasedJob;

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(DataSource) dataSource: DataSource,
    @Inject(Fleet) fleet: Fleet,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#pool = pool;
    this.#dataSource = dataSource;
    this.#fleet = fleet;
    this.#logger = logger;
    this.#job = new LeasedJob({
      pool,
      logger,
      lease: LEASE,
      everyMs: EVERY_MS,
      leaseMs: LEASE_MS,
      run: () => this.#look(),
      failed: 'What has happened to gateways could not be told; next try soon',
    });
  }

  onApplicationBootstrap(): void {
    this.#job.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#job.stop();
  }

  /** What could not be told now is news at the next look. */
  async #look(): Promise<void> {
    const db = this.#dataSource.manager;
    const gateways = await listGateways(db, { deleted: false });
    const told = new Map(
      (await db.query<StoredTold[]>(`SELECT gateway_id, state, issues FROM gateway_told`)).map((row) => [row.gateway_id, row]),
    );
    // Deleted gateways are news once, and stay for ever.
    const live = new Set(gateways.map(({ id }) => id));
    const isUnsaid = ({ gateway_id, state }: StoredTold): boolean => state !== 'DELETED' && !live.has(gateway_id);
    const gone = [...told.values()].some(isUnsaid) ? await listGateways(db, { deleted: true }) : [];
    const changed = [...gateways, ...gone.filter(({ id }) => (told.get(id)?.state ?? 'DELETED') !== 'DELETED')];
    for (const item of await this.#fleet.items(changed)) await this.#tell(item, told.get(item.id) ?? null);
    await collectNodes(this.#pool);
  }

  async #tell(item: GatewayItem, before: Told | null): Promise<void> {
    const { told, news } = gatewayNews(before, item);
    if (before !== null && news.length === 0) return;
    await this.#dataSource.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO gateway_told (gateway_id, state, issues) VALUES ($1, $2, $3)
         ON CONFLICT (gateway_id) DO UPDATE SET state = $2, issues = $3, told_at = now()`,
        [item.id, told.state, JSON.stringify(told.issues)],
      );
      for (const one of news) await tellNews(tx, { id: item.id, handle: item.handle }, one);
    });
    for (const { level, title } of news) this.#logger.info({ gateway: item.handle, level }, title);
  }
}

type StoredTold = Told & { readonly gateway_id: string };

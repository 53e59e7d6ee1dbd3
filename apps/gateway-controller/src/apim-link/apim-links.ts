import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { EntityManager } from 'typeorm';

import type { ControllerConfig } from '../config.ts';
import { PG_POOL } from '../database/database.module.ts';
import { CONFIG } from '../settings.module.ts';
import { desire, type DesiredApi } from './desire.ts';
import { readStatus } from './read-status.ts';
import { retryNow } from './retry-now.ts';
import type { LinkConfig, SyncStatus } from './sync-info.ts';

/** What the rest of the controller may say to, and ask of, the way up to APIM. */
@Injectable()
export class ApimLinks {
  readonly #pool: Pool;
  readonly #config: Pick<ControllerConfig, 'controller'>;

  constructor(@Inject(PG_POOL) pool: Pool, @Inject(CONFIG) config: Pick<ControllerConfig, 'controller'>) {
    this.#pool = pool;
    this.#config = config;
  }

  /** What should be in APIM from now on; in the transaction that stores the document. Before the row of a deleted API goes. */
  desire(tx: EntityManager, api: DesiredApi): Promise<void> {
    return desire(tx, api);
  }

  /**
   * Tries again now, attempts forgiven (`POST /rest-apis/{id}/sync`). `adopt` takes over an API of the same name in APIM that is
   * not marked as ours. False = nothing of this id is ours to push.
   */
  retry(tx: EntityManager, apiId: string, { adopt }: { adopt: boolean }): Promise<boolean> {
    return retryNow(tx, apiId, adopt);
  }

  /** What the configuration says to whoever reads a status. */
  settings(): LinkConfig {
    const { host, deployment_sync_enabled } = this.#config.controller.controlplane;
    return { hostConfigured: host !== '', syncEnabled: deployment_sync_enabled };
  }

  /** How often APIM's copies are compared; 0 = never. */
  driftIntervalMs(): number {
    return this.#config.controller.controlplane.drift_interval;
  }

  /** By API id; an API that is not ours to push (of control-plane origin, unknown) is absent. */
  info(apiIds: readonly string[]): Promise<Map<string, SyncStatus>> {
    return readStatus(this.#pool, apiIds, this.settings());
  }
}

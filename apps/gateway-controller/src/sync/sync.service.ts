import { Inject, Injectable } from '@nestjs/common';
import type { SyncLook } from '@tidegate/management-api';
import type { Pool } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';

import { letGo } from '../apim-link/let-go.ts';
import { lookAtSynced } from '../apim-link/look-now.ts';
import { oweDoorbell } from '../change-log/outbox.ts';
import { confirmRemovals } from '../control-plane/held-removals.ts';
import { PG_POOL } from '../database/database.module.ts';
import { conflict } from '../http/api-error.ts';
import { linkedApi } from './linked-api.ts';

/** Pause, resume and skip: an operator's hand on one API's way to APIM. What is served on routers never changes. */
@Injectable()
export class SyncService {
  readonly #dataSource: DataSource;
  readonly #pool: Pool;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(PG_POOL) pool: Pool) {
    this.#dataSource = dataSource;
    this.#pool = pool;
  }

  /** How many go into the inbox. */
  confirmRemovals(): Promise<number> {
    return confirmRemovals(this.#pool);
  }

  /** Trusts nothing that is known of APIM. */
  async look(): Promise<SyncLook> {
    const { apis, since } = await lookAtSynced(this.#dataSource.manager);
    return { status: 'success', message: `${apis} APIs are looked at in APIM`, apis, since: since.toISOString() };
  }

  /** A push that runs is finished; nothing new begins. Pausing twice keeps the first. @throws ApiError 404, 409 */
  async pause(id: string, by: string): Promise<void> {
    const apiId = await linkedApi(this.#dataSource.manager, id);
    await this.#dataSource.manager.query(
      `UPDATE apim_link SET paused_at = COALESCE(paused_at, now()), paused_by = COALESCE(paused_by, $2) WHERE api_id = $1`,
      [apiId, by],
    );
  }

  /** What is pending is due at once. @throws ApiError 404, 409 */
  async resume(id: string): Promise<void> {
    const apiId = await linkedApi(this.#dataSource.manager, id);
    await this.#dataSource.transaction(async (tx) => {
      const [rows] = await tx.query<[{ desired_generation: string }[], number]>(
        `UPDATE apim_link SET paused_at = NULL, paused_by = NULL, next_attempt_at = LEAST(next_attempt_at, now()), updated_at = now()
         WHERE api_id = $1 AND paused_at IS NOT NULL RETURNING desired_generation`,
        [apiId],
      );
      if (rows[0] !== undefined) await oweDoorbell(tx, { apiId, generation: Number(rows[0].desired_generation) });
    });
  }

  /**
   * Gives this generation up: the next edit, or POST …/sync, starts anew. A push that runs must end first (its outcome would settle
   * nothing), and what APIM has already cannot be skipped. A deleted API has no next edit: it is let go of, and what APIM has of it is
   * left to whoever looks after APIM. Answers whether it was one. @throws ApiError 404, 409
   */
  async skip(id: string, by: string): Promise<boolean> {
    const apiId = await linkedApi(this.#dataSource.manager, id);
    return this.#dataSource.transaction(async (tx) => {
      const link = await lock(tx, apiId);
      refuseUnskippable(link);
      if (link?.desiredState === 'deleted') {
        await letGo(tx, apiId, null);
        return true;
      }
      await tx.query(
        `UPDATE apim_link SET phase = 'parked', reason = 'skipped', message = $2, lease_owner = NULL, lease_until = NULL, updated_at = now()
         WHERE api_id = $1`,
        [apiId, `Skipped by ${by}; the next edit, or POST /rest-apis/{id}/sync, starts it again`],
      );
      return false;
    });
  }
}

interface Locked {
  readonly phase: string;
  readonly desiredState: string;
  readonly leased: boolean;
}

async function lock(tx: EntityManager, apiId: string): Promise<Locked | null> {
  const rows = await tx.query<Locked[]>(
    `SELECT phase, desired_state AS "desiredState", COALESCE(lease_until > now(), false) AS leased FROM apim_link WHERE api_id = $1 FOR UPDATE`,
    [apiId],
  );
  return rows[0] ?? null;
}

function refuseUnskippable(link: Locked | null): void {
  if (link === null || link.phase === 'synced')
    throw conflict('nothing_to_skip', 'APIM has it already: there is nothing to skip');
  if (link.leased) throw conflict('push_running', 'It is being pushed right now; pause it, or skip it when the push has ended');
}

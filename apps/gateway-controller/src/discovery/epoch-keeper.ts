import { EntryKind } from '@tidegate/gateway-ir';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';
import type { EntityManager } from 'typeorm';

import { type GatewayChange, GatewayWriter } from '../change-log/gateway-writer.ts';
import { PG_POOL } from '../database/database.module.ts';
import { LOGGER } from '../settings.module.ts';
import { nextEpoch, type ServerIdentity, sameServer } from './judge-history.ts';

/** What somebody remembers that the database does not. */
export interface Rewind {
  readonly reason: string;
  /** The epoch it was judged under: if another replica started a new one meanwhile, that one stands */
  readonly judgedEpoch: number;
  readonly seenEpoch: number;
  readonly gatewayId: string;
  readonly seenVersion: number;
  /** Keys reported revoked; those with an active row are held back until somebody confirms */
  readonly revokedKeyIds: readonly string[];
}

/** Names numberings: starts a new epoch when the database turns out to have lost transactions (invariant 4). */
@Injectable()
export class EpochKeeper {
  readonly #writer: GatewayWriter;
  readonly #pool: Pool;
  readonly #logger: Logger;
  #server: ServerIdentity | null = null;

  constructor(@Inject(GatewayWriter) writer: GatewayWriter, @Inject(PG_POOL) pool: Pool, @Inject(LOGGER) logger: Logger) {
    this.#writer = writer;
    this.#pool = pool;
    this.#logger = logger;
  }

  /**
   * Whether the server is another one than when this process last asked. Notes it in the installation; the epoch stays, because
   * a fail-over alone loses nothing.
   */
  async serverChanged(): Promise<boolean> {
    const { rows } = await this.#pool.query<
      Record<'system_identifier' | 'timeline' | 'stored_identifier' | 'stored_timeline', string>
    >(
      `SELECT system.system_identifier, checkpoint.timeline_id AS timeline,
              installation.system_identifier AS stored_identifier, installation.timeline AS stored_timeline
       FROM pg_control_system() AS system, pg_control_checkpoint() AS checkpoint, installation`,
    );
    const [row] = rows;
    if (row === undefined) return false;
    const server: ServerIdentity = { systemIdentifier: row.system_identifier, timeline: Number(row.timeline) };
    const stored: ServerIdentity = { systemIdentifier: row.stored_identifier, timeline: Number(row.stored_timeline) };
    if (!sameServer(stored, server)) {
      this.#logger.warn({ stored, server }, 'The database is on another server or timeline than before');
      await this.#pool.query(`UPDATE installation SET system_identifier = $1, timeline = $2`, [
        server.systemIdentifier,
        server.timeline,
      ]);
    }
    const before = this.#server ?? stored;
    this.#server = server;
    return !sameServer(before, server);
  }

  /** Of the key ids that a node saw removed, those that are active here. */
  async activeAmong(keyIds: readonly string[]): Promise<string[]> {
    const wellFormed = keyIds.filter((id) => UUID.test(id)).slice(0, KEY_IDS_MAX);
    if (wellFormed.length === 0) return [];
    const { rows } = await this.#pool.query<{ id: string }>(
      `SELECT id FROM api_key WHERE id = ANY($1::uuid[]) AND held_at IS NULL`,
      [wellFormed],
    );
    return rows.map(({ id }) => id);
  }

  /** In one transaction: a new epoch, every gateway's version past everything seen, and the reported keys held. */
  async rewound(rewind: Rewind): Promise<void> {
    const { rows } = await this.#pool.query<{ id: string }>(`SELECT id FROM gateway WHERE deleted_at IS NULL`);
    const { result: epoch } = await this.#writer.write(
      rows.map(({ id }) => id),
      async (tx) => {
        const started = await startEpoch(tx, rewind);
        return { result: started, changes: await holdKeys(tx, rewind.revokedKeyIds) };
      },
    );
    if (epoch === null) return;
    this.#logger.error(
      {
        reason: rewind.reason,
        gatewayId: rewind.gatewayId,
        seenVersion: rewind.seenVersion,
        heldKeys: rewind.revokedKeyIds.length,
        epoch,
      },
      'The database lost transactions that a router or this process has seen: a new epoch was started',
    );
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** discovery.proto, Hello.revoked_key_ids */
const KEY_IDS_MAX = 10_000;

/** `null`: another replica was first, and its epoch stands. */
async function startEpoch(tx: EntityManager, rewind: Rewind): Promise<number | null> {
  const [installation] = await tx.query<{ epoch: string }[]>(`SELECT epoch FROM installation FOR UPDATE`);
  const current = Number(installation?.epoch);
  if (current > rewind.judgedEpoch) return null;
  const epoch = nextEpoch(current, rewind.seenEpoch);
  await tx.query(`UPDATE installation SET epoch = $1`, [epoch]);
  await tx.query(
    `WITH raised AS (
       UPDATE gateway SET version = greatest(version, CASE WHEN id = $1 THEN $2::bigint ELSE 0 END) + 1
       WHERE deleted_at IS NULL RETURNING id, version)
     SELECT pg_notify('tidegate_version', id || ':' || version) FROM raised`,
    [rewind.gatewayId, rewind.seenVersion],
  );
  return epoch;
}

async function holdKeys(tx: EntityManager, keyIds: readonly string[]): Promise<GatewayChange[]> {
  if (keyIds.length === 0) return [];
  const rows = await tx.query<{ gatewayId: string; entryId: string }[]>(
    `WITH held AS (UPDATE api_key SET held_at = now() WHERE id = ANY($1::uuid[]) AND held_at IS NULL RETURNING id, api_id)
     SELECT DISTINCT environment.gateway_id AS "gatewayId", held.id AS "entryId"
     FROM held JOIN deployment USING (api_id) JOIN environment ON environment.id = deployment.environment_id
     WHERE environment.gateway_id IS NOT NULL`,
    [keyIds],
  );
  return rows.map((row) => ({ ...row, kind: EntryKind.API_KEY, removed: true }));
}

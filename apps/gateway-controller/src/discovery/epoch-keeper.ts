import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';

import { GatewayWriter, type Written } from '../change-log/gateway-writer.ts';
import { PG_POOL } from '../database/database.module.ts';
import { LOGGER } from '../settings.module.ts';
import { type ServerIdentity, sameServer } from './judge-history.ts';
import { type Remembered, startEpoch } from './start-epoch.ts';

export interface Rewind extends Remembered {
  readonly judgedEpoch: number;
  readonly reason: string;
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
    const wellFormed = keyIds.filter((id) => UUID.test(id));
    if (wellFormed.length === 0) return [];
    const { rows } = await this.#pool.query<{ id: string }>(
      `SELECT id FROM api_key WHERE id = ANY($1::uuid[]) AND held_at IS NULL`,
      [wellFormed],
    );
    return rows.map(({ id }) => id);
  }

  /** Somebody remembers more than the database does: a new epoch, unless another replica has just started it. */
  async rewound({ reason, ...remembered }: Rewind): Promise<void> {
    const epoch = await this.#start(remembered);
    if (epoch === null) return;
    this.#logger.error(
      { reason, seenVersions: Object.fromEntries(remembered.seenVersions), heldKeys: remembered.revokedKeyIds.length, epoch },
      'The database lost transactions that a router or this process has seen: a new epoch was started',
    );
  }

  /**
   * Somebody says that a backup was restored. Nobody knows what numberings there were after it was taken, so this one is named by
   * the time: above every one that came about by counting, and above those named so before.
   */
  async restored(now: Date): Promise<number> {
    const seenEpoch = Math.floor(now.getTime() / 1000);
    return (await this.#start({ judgedEpoch: null, seenEpoch, seenVersions: new Map(), revokedKeyIds: [] })) ?? seenEpoch;
  }

  /**
   * Somebody has looked at what this epoch deletes on a gateway, and means it (discovery.proto, rule 10). A version of its own, so
   * that every replica and every stream notices.
   */
  async confirmDeletions(gatewayId: string): Promise<Written<{ readonly epoch: number; readonly version: number }>> {
    const written = await this.#writer.write([gatewayId], async (tx) => {
      const [[row]] = await tx.query<[{ epoch: string; version: string }[], number]>(
        `UPDATE gateway SET version = gateway.version + 1, deletions_confirmed_epoch = installation.epoch
         FROM installation WHERE gateway.id = $1 RETURNING gateway.version, installation.epoch`,
        [gatewayId],
      );
      if (row === undefined) throw new Error('There is no installation');
      await tx.query(`SELECT pg_notify('tidegate_version', $1)`, [`${gatewayId}:${row.version}`]);
      return { result: { epoch: Number(row.epoch), version: Number(row.version) }, changes: [] };
    });
    return { ...written, versions: new Map([[gatewayId, written.result.version]]) };
  }

  async #start(remembered: Remembered): Promise<number | null> {
    const { rows } = await this.#pool.query<{ id: string }>(`SELECT id FROM gateway WHERE deleted_at IS NULL`);
    const { result } = await this.#writer.write(
      rows.map(({ id }) => id),
      async (tx) => {
        const { epoch, changes } = await startEpoch(tx, remembered);
        return { result: epoch, changes };
      },
    );
    return result;
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

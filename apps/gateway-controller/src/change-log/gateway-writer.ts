import { Inject, Injectable } from '@nestjs/common';
import type { EntryKind } from '@tidegate/gateway-ir';
import { DataSource, type EntityManager } from 'typeorm';

import { BusyError } from './busy-error.ts';
import { mirrored, MirrorsMoved, mirrorsOf, withMirrors } from './mirrors.ts';

/** One entry that a gateway serves differently from this transaction on. `removed` = it is no longer served. */
export interface GatewayChange {
  readonly gatewayId: string;
  readonly kind: EntryKind;
  /** Deployment id or key id */
  readonly entryId: string;
  readonly removed: boolean;
}

export interface LockedGateway {
  readonly id: string;
  /** Before this transaction */
  readonly version: number;
}

export interface Written<T> {
  readonly result: T;
  /** The new version of every gateway that changed; a gateway without changes is absent */
  readonly versions: ReadonlyMap<string, number>;
  /** PostgreSQL's clock at the commit, ms since the epoch */
  readonly committedAtMs: number;
}

/** Decides and writes under the lock. A throw rolls everything back and reaches the caller. */
export type GatewayWork<T> = (
  tx: EntityManager,
  gateways: readonly LockedGateway[],
) => Promise<{ readonly result: T; readonly changes: readonly GatewayChange[] }>;

/**
 * The only way to change what a gateway serves: one transaction = one version (invariant 4). Versions are gapless and in
 * commit order because the counter is bumped under the row lock that every writer takes first.
 */
@Injectable()
export class GatewayWriter {
  readonly #dataSource: DataSource;

  constructor(@Inject(DataSource) dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /**
   * Locks the gateways (ascending id, so that writers cannot deadlock), runs `work`, records its changes and bumps the versions.
   * @throws BusyError when a gateway stayed locked for 2 s; Error for an unknown gateway; whatever `work` throws
   */
  async write<T>(gatewayIds: readonly string[], work: GatewayWork<T>): Promise<Written<T>> {
    try {
      const { clock, ...written } = await this.#retried(gatewayIds, work);
      return { ...written, committedAtMs: clock.atMs + (performance.now() - clock.readAt) };
    } catch (error) {
      throw BusyError.from(error) ?? error;
    }
  }

  /** With the gateways that serve the same environments while a migration has them on two (architecture.md, "Migration overlap"). */
  async #retried<T>(gatewayIds: readonly string[], work: GatewayWork<T>) {
    for (let attempt = 1; ; attempt += 1) {
      const mirrors = await mirrorsOf(this.#dataSource.manager, gatewayIds);
      try {
        return await this.#dataSource.transaction((tx) =>
          writeIn(tx, { asked: gatewayIds, locked: withMirrors(gatewayIds, mirrors) }, work),
        );
      } catch (error) {
        if (!(error instanceof MirrorsMoved) || attempt === MIRROR_ATTEMPTS) throw error;
      }
    }
  }
}

/** A migration began between the look at its gateways and the lock; more in a row than this is somebody's mistake. */
const MIRROR_ATTEMPTS = 5;

async function writeIn<T>(
  tx: EntityManager,
  { asked, locked }: { readonly asked: readonly string[]; readonly locked: readonly string[] },
  work: GatewayWork<T>,
) {
  await tx.query(TIMEOUTS);
  const gateways = await lock(tx, locked);
  const reach = withMirrors(asked, await mirrorsOf(tx, asked));
  if (reach.some((id) => !locked.includes(id))) throw new MirrorsMoved();
  const { result, changes: said } = await work(tx, gateways);
  const changes = [...mirrored(said, await mirrorsOf(tx, asked)), ...said];
  // The counters last: the lock was taken first, and nothing between here and the commit can wait.
  const versions = new Map<string, number>();
  for (const { id } of gateways) {
    const own = latest(changes.filter((change) => change.gatewayId === id));
    if (own.length > 0) versions.set(id, await record(tx, id, own));
  }
  refuseUnlocked(changes, gateways);
  const [now] = await tx.query<{ ms: string }[]>(`SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms`);
  return { result, versions, clock: { atMs: Number(now?.ms), readAt: performance.now() } };
}

/**
 * A frozen process loses its lock after 5 s of silence, so that writes of the others resume; a waiting one gives up after 2 s.
 */
const TIMEOUTS = `SELECT set_config('lock_timeout', '2s', true),
                         set_config('idle_in_transaction_session_timeout', '5s', true),
                         set_config('statement_timeout', '10s', true)`;

async function lock(tx: EntityManager, gatewayIds: readonly string[]): Promise<LockedGateway[]> {
  const rows = await tx.query<{ id: string; version: string }[]>(
    `SELECT id, version FROM gateway WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE`,
    [gatewayIds],
  );
  const missing = gatewayIds.find((id) => !rows.some((row) => row.id === id));
  if (missing !== undefined) throw new Error(`No gateway ${missing}`);
  return rows.map(({ id, version }) => ({ id, version: Number(version) }));
}

/** One row per entry: of two changes of one entry the later wins, as it would in the table. */
function latest(changes: readonly GatewayChange[]): GatewayChange[] {
  return [...new Map(changes.map((change) => [`${change.kind}/${change.entryId}`, change])).values()];
}

function refuseUnlocked(changes: readonly GatewayChange[], gateways: readonly LockedGateway[]): void {
  const stray = changes.find((change) => !gateways.some(({ id }) => id === change.gatewayId));
  if (stray !== undefined) throw new Error(`Gateway ${stray.gatewayId} was changed without being locked`);
}

/** Bumps the version, names what it changes, and tells every follower when it is committed: one round trip under the lock. */
async function record(tx: EntityManager, gatewayId: string, changes: readonly GatewayChange[]): Promise<number> {
  const [recorded] = await tx.query<{ version: string }[]>(RECORD, [
    gatewayId,
    changes.map(({ kind }) => kind),
    changes.map(({ entryId }) => entryId),
    changes.map(({ removed }) => removed),
  ]);
  return Number(recorded?.version);
}

const RECORD = `
  WITH bumped AS (UPDATE gateway SET version = version + 1 WHERE id = $1 RETURNING version),
       recorded AS (
         INSERT INTO gateway_change (gateway_id, kind, entry_id, version, removed, changed_at)
         SELECT $1, kind, entry_id, bumped.version, removed, now()
         FROM bumped, unnest($2::smallint[], $3::text[], $4::boolean[]) AS changed(kind, entry_id, removed)
         ON CONFLICT (gateway_id, kind, entry_id)
         DO UPDATE SET version = excluded.version, removed = excluded.removed, changed_at = excluded.changed_at)
  SELECT version, pg_notify('tidegate_version', $1::text || ':' || version) FROM bumped`;

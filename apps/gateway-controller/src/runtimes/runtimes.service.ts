import { Inject, Injectable } from '@nestjs/common';
import type { RuntimeAnswer, RuntimeApply } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import type { ControllerConfig } from '../config.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { GatewaysService } from '../gateways/gateways.service.ts';
import { orderNodes } from '../gateways/node-commands.ts';
import { conflict } from '../http/api-error.ts';
import { OperationsService } from '../operations/operations.service.ts';
import type { StoredOperation } from '../operations/operations.repository.ts';
import { CONFIG } from '../settings.module.ts';
import { type ReleaseSchedule, releaseSlot } from './release-slot.ts';
import { listReleases, type StoredRelease } from './releases.repository.ts';
import { type RuntimeOffer, runtimeOffer } from './runtime-offer.ts';
import { findSchedule, NO_SCHEDULE, runtimeNodes, type RuntimeNode, runtimeRow, type RuntimeRow } from './runtimes.repository.ts';

/** All there is to know about the runtime of one gateway at a moment. */
export interface RuntimeView {
  readonly row: RuntimeRow;
  readonly nodes: readonly RuntimeNode[];
  readonly current: string | null;
  readonly releases: readonly StoredRelease[];
  readonly offer: RuntimeOffer;
  readonly schedule: ReleaseSchedule;
  /** When the schedule takes the pending release; `null` = it does not */
  readonly slotMs: number | null;
}

/** Which runtime the routers of a gateway run: users choose within a window, then the release's own date does. */
@Injectable()
export class Runtimes {
  readonly #db: Db;
  readonly #gateways: GatewaysService;
  readonly #operations: OperationsService;
  readonly #scheduled: boolean;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(GatewaysService) gateways: GatewaysService,
    @Inject(OperationsService) operations: OperationsService,
    @Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>,
  ) {
    this.#db = dataSource.manager;
    this.#gateways = gateways;
    this.#operations = operations;
    this.#scheduled = controller.fleet.release_schedule_enabled;
  }

  /** `releases` = all there are, when the caller has them already */
  async view(gatewayId: string, releases?: readonly StoredRelease[]): Promise<RuntimeView> {
    const row = await runtimeRow(this.#db, gatewayId);
    const nodes = await runtimeNodes(this.#db, gatewayId);
    const current = row.wanted ?? commonVersion(nodes);
    const known = releases ?? (await listReleases(this.#db));
    const offer = runtimeOffer({ current, previous: row.previous, left: row.left }, known, row.nowMs);
    const schedule = this.#scheduled ? ((await findSchedule(this.#db, gatewayId)) ?? NO_SCHEDULE) : NO_SCHEDULE;
    const { pending } = offer;
    const slotMs =
      pending === null ? null : releaseSlot(schedule, { fromMs: pending.availableFromMs, untilMs: pending.mandatoryFromMs });
    return { row, nodes, current, releases: known, offer, schedule, slotMs };
  }

  /** @throws ApiError 404 */
  async answer(gatewayId: string, operation: StoredOperation | null = null): Promise<RuntimeAnswer> {
    const gateway = await this.#gateways.one(gatewayId);
    const { row, nodes, current, releases, offer, slotMs } = await this.view(gateway.id);
    return {
      status: 'success',
      current,
      pending: releases.find(({ version }) => version === offer.pending?.version)?.item ?? null,
      rollback: offer.rollback,
      lastUpdatedAt: row.updatedAt?.toISOString() ?? null,
      window:
        offer.window === null
          ? null
          : { from: isoOf(offer.window.fromMs), until: offer.window.untilMs === null ? null : isoOf(offer.window.untilMs) },
      schedule: { enabled: this.#scheduled, nextRunAt: slotMs === null || slotMs < row.nowMs ? null : isoOf(slotMs) },
      nodes: nodes.map(({ id, live, version }) => ({ id, live, version, isCurrent: version === current })),
      operation: operation === null ? null : { id: operation.id },
    };
  }

  /** @throws ApiError 404, 409 when that release is not pending or needs a word about downtime, 423 */
  async apply(gatewayId: string, { version, acceptDowntime }: RuntimeApply, by: string): Promise<RuntimeAnswer> {
    const gateway = await this.#gateways.one(gatewayId);
    const { offer, releases, current } = await this.view(gateway.id);
    const { pending } = offer;
    if (pending === null) throw conflict('NO_PENDING_VERSION', 'There is no release that this gateway does not run already');
    const wanted = version ?? pending.version;
    if (wanted !== pending.version)
      throw conflict('NO_PENDING_VERSION', `Release ${wanted} is not pending; ${pending.version} is`);
    const release = releases.find((one) => one.version === wanted);
    if (release?.rollingCompatible === false && !acceptDowntime)
      throw conflict(
        'DOWNTIME_NOT_ACCEPTED',
        `Routers of ${wanted} do not get along with those of ${current ?? 'now'}: say acceptDowntime`,
      );
    return this.answer(gateway.id, await this.take(gateway.id, { version: wanted, kind: 'update', by, reason: null }));
  }

  /** @throws ApiError 404, 409 when there is nothing to go back to any more, 423 */
  async rollback(gatewayId: string, by: string): Promise<RuntimeAnswer> {
    const gateway = await this.#gateways.one(gatewayId);
    const { offer, current, row } = await this.view(gateway.id);
    if (offer.rollback === null) {
      const closed = row.previous !== null && offer.window?.untilMs !== null && (offer.window?.untilMs ?? 0) <= row.nowMs;
      throw conflict(
        closed ? 'WINDOW_CLOSED' : 'NO_ROLLBACK_VERSION',
        closed
          ? `Release ${current ?? ''} is mandatory since ${isoOf(offer.window?.untilMs ?? 0)}`
          : 'There is no release to go back to',
      );
    }
    return this.answer(gateway.id, await this.take(gateway.id, { version: offer.rollback, kind: 'rollback', by, reason: null }));
  }

  /**
   * Wants that version from now on. Nodes that are connected take it in a rolling operation; a gateway that is offline takes it when its
   * nodes come (runtime-keeper.ts). @throws ApiError 423
   */
  async take(gatewayId: string, { version, kind, by, reason }: Take): Promise<StoredOperation | null> {
    const { current, nodes, row } = await this.view(gatewayId);
    const isNew = version !== row.wanted;
    const want = (db: Db) =>
      db.query(
        `UPDATE gateway SET runtime_version = $2, runtime_updated_at = now(), row_version = row_version + 1,
                runtime_previous = CASE WHEN NOT $5::boolean THEN runtime_previous WHEN $3::text = 'update' THEN $4::text END,
                runtime_left = CASE WHEN NOT $5::boolean THEN runtime_left WHEN $3::text = 'rollback' THEN $4::text END
         WHERE id = $1`,
        [gatewayId, version, kind, current, isNew],
      );
    if (!nodes.some(({ live }) => live)) {
      await want(this.#db);
      return null;
    }
    const operation = { kind, strategy: 'rolling', percentage: 0, forceAfterMs: 0, runtimeVersion: version, reason, by } as const;
    return this.#operations.start(gatewayId, operation, async (tx, operationId, nodeIds) => {
      await want(tx);
      const staging = nodeIds.filter((id) => nodes.find((node) => node.id === id)?.version !== version);
      await orderNodes(tx, { gatewayId, nodeIds: staging, kind: 'stage-bundle', payload: { version }, operationId });
    });
  }
}

interface Take {
  readonly version: string;
  readonly kind: 'update' | 'rollback';
  readonly by: string;
  readonly reason: string | null;
}

/** What the nodes run: the newest of them, while they differ. */
function commonVersion(nodes: readonly RuntimeNode[]): string | null {
  const live = nodes.filter((node) => node.live);
  return (live.length > 0 ? live : nodes).flatMap(({ version }) => version ?? [])[0] ?? null;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

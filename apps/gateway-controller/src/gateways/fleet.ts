import { Inject, Injectable } from '@nestjs/common';
import type { GatewayItem, GatewayList, GatewayListQuery } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import type { ControllerConfig } from '../config.ts';
import { SnapshotStore } from '../discovery/snapshot-store.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { CONFIG } from '../settings.module.ts';
import { arrangeGateways, unattachedAmong } from './arrange-gateways.ts';
import { gatewayAnswer } from './gateway-answer.ts';
import {
  environmentNames,
  failedUpdates,
  type GatewayRow,
  listGateways,
  listNodes,
  openOperations,
  readClock,
} from './gateways.queries.ts';

/** Reads the fleet: every status is computed when it is asked for. */
@Injectable()
export class Fleet {
  readonly #db: Db;
  readonly #snapshots: SnapshotStore;
  readonly #limits: { readonly lostMs: number; readonly startMs: number };

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(SnapshotStore) snapshots: SnapshotStore,
    @Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>,
  ) {
    this.#db = dataSource.manager;
    this.#snapshots = snapshots;
    this.#limits = { lostMs: controller.fleet.lost_after, startMs: controller.fleet.start_limit };
  }

  async list({ view, limit, offset, search, ...arrangement }: GatewayListQuery): Promise<GatewayList> {
    const environments = await environmentNames(this.#db);
    const items = await this.items(await listGateways(this.#db, { deleted: view === 'deleted' }));
    const all = arrangeGateways(items, { search, ...arrangement });
    const gateways = all.slice(offset, offset + limit);
    const unattached = view === 'deleted' ? [] : unattachedAmong(environments, { search }).map(({ id, name }) => ({ id, name }));
    return { status: 'success', count: gateways.length, total: all.length, limit, offset, gateways, unattached };
  }

  async item(gateway: GatewayRow): Promise<GatewayItem> {
    const [item] = await this.items([gateway]);
    if (item === undefined) throw new Error('A gateway that was read is not answered');
    return item;
  }

  /** In the given order. */
  async items(gateways: readonly GatewayRow[]): Promise<GatewayItem[]> {
    const ids = gateways.map(({ id }) => id);
    const clock = await readClock(this.#db, this.#limits);
    const nodes = Map.groupBy(await listNodes(this.#db, ids), ({ gatewayId }) => gatewayId);
    const environments = Map.groupBy(await environmentNames(this.#db), ({ gatewayId }) => gatewayId);
    const operations = new Map((await openOperations(this.#db, ids)).map((operation) => [operation.gatewayId, operation]));
    const failed = await failedUpdates(this.#db, ids);
    return gateways.map((gateway) =>
      gatewayAnswer(
        {
          gateway,
          nodes: nodes.get(gateway.id) ?? [],
          operation: operations.get(gateway.id) ?? null,
          failedUpdate: failed.get(gateway.id) ?? null,
          environments: environments.get(gateway.id) ?? [],
          compileIssues: this.#snapshots.issues(gateway.id),
          conflicts: this.#snapshots.conflicts(gateway.id),
        },
        clock,
      ),
    );
  }
}

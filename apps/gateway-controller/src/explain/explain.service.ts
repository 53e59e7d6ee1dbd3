import { Inject, Injectable } from '@nestjs/common';
import { ApiRoutes, EntryKind } from '@tidegate/gateway-ir';
import type { ExplainAnswer, ExplainQuestion } from '@tidegate/management-api';
import { policyDefinitions } from '@tidegate/policies/definitions';
import { buildRouteTable, explainRoute, type RouteServices, type RouteTable } from '@tidegate/route-table';
import { DataSource } from 'typeorm';

import { SnapshotStore } from '../discovery/snapshot-store.ts';
import { badRequest, notFound } from '../http/api-error.ts';

/** The table that a gateway's routers hold, built here of the same bytes and asked what it would do. */
@Injectable()
export class ExplainService {
  readonly #dataSource: DataSource;
  readonly #snapshots: SnapshotStore;
  /** The last one of each gateway: what did not change is not built again */
  readonly #tables = new Map<string, { readonly hash: string; readonly table: RouteTable }>();

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(SnapshotStore) snapshots: SnapshotStore) {
    this.#dataSource = dataSource;
    this.#snapshots = snapshots;
  }

  /** @throws ApiError 404 for an unknown gateway, 400 when one of several must be named */
  async explain({ gateway, ...request }: ExplainQuestion): Promise<ExplainAnswer> {
    const id = await this.#gatewayId(gateway);
    const version = await this.#snapshots.catchUp(id);
    const told = explainRoute(this.#table(id), request);
    return {
      status: 'success',
      gateway: { id, version },
      ...told,
      policies: told.policies.map(({ name, version: major, level }) => ({ name, version: major, level })),
      upstream: told.upstream === null ? null : { ...told.upstream, targets: [...told.upstream.targets] },
      candidates: [...told.candidates],
    };
  }

  async #gatewayId(gateway: string | undefined): Promise<string> {
    const rows = await this.#dataSource.query<{ id: string }[]>(
      `SELECT id FROM gateway WHERE deleted_at IS NULL AND ($1::text IS NULL OR handle = $1 OR id::text = lower($1))
       ORDER BY (handle = $1) DESC, id LIMIT 2`,
      [gateway ?? null],
    );
    const [first, second] = rows;
    if (first === undefined) throw notFound(`Gateway '${gateway ?? ''}' not found`);
    if (gateway === undefined && second !== undefined) {
      const message = 'gateway must be named: there are several';
      throw badRequest('invalid_request', message, [{ field: 'gateway', code: 'required', message }]);
    }
    return first.id;
  }

  #table(gatewayId: string): RouteTable {
    const snapshot = this.#snapshots.snapshot(gatewayId);
    const hash = Buffer.from(snapshot?.hash ?? []).toString('hex');
    const known = this.#tables.get(gatewayId);
    if (known?.hash === hash) return known.table;
    const entries = (snapshot?.all() ?? []).flatMap(({ kind, id, hash: content, content: bytes }) =>
      kind === EntryKind.ROUTES && bytes !== null
        ? [{ deploymentId: id, hash: Buffer.from(content).toString('hex'), routes: () => ApiRoutes.decode(bytes) }]
        : [],
    );
    const { table } = buildRouteTable(known?.table ?? null, entries, SERVICES);
    this.#tables.set(gatewayId, { hash, table });
    return table;
  }
}

/** Policies are named in an explanation, never run. */
const SERVICES: RouteServices = {
  runtimes: policyDefinitions.map((definition) => ({ definition, build: () => ({}) })),
  keys: { find: () => null },
  now: () => 0,
  log: () => undefined,
  settings: () => ({}),
};

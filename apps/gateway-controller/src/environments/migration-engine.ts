import { Inject, Injectable } from '@nestjs/common';
import type { Rehearsal } from '@tidegate/management-api';
import { DataSource, type EntityManager } from 'typeorm';

import { type GatewayChange, GatewayWriter } from '../change-log/gateway-writer.ts';
import type { ControllerConfig } from '../config.ts';
import { orderNodes } from '../gateways/node-commands.ts';
import { conflict, notFound } from '../http/api-error.ts';
import { type CheckedRoutes, RouteCheck } from '../rest-apis/route-check.ts';
import { CONFIG } from '../settings.module.ts';
import { checkEnvironment } from './check-environment.ts';
import type { Db } from './deployment-targets.ts';
import { apisOf, arrivals, departures, gatewaysTouchedBy } from './environment-entries.ts';
import { type ProbeAnswer, rehearsalOf, rehearsalRefusal } from './rehearsal.ts';
import { type MigrationAction, type MigrationEvent, migrationStep, observe } from './migration-state.ts';
import { findMigration, lockMigration, type MigrationRow } from './migrations.repository.ts';

/** Carries out transitions of migrations, each in one transaction with what it changes on routers. */
@Injectable()
export class MigrationEngine {
  readonly #dataSource: DataSource;
  readonly #db: Db;
  readonly #writer: GatewayWriter;
  readonly #routes: RouteCheck;
  readonly #prepareLimitMs: number;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(GatewayWriter) writer: GatewayWriter,
    @Inject(RouteCheck) routes: RouteCheck,
    @Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>,
  ) {
    this.#dataSource = dataSource;
    this.#db = dataSource.manager;
    this.#writer = writer;
    this.#routes = routes;
    this.#prepareLimitMs = controller.fleet.prepare_limit;
  }

  /**
   * Delivers one event, whoever it comes from. `seen`: the state it was meant for; if somebody was faster, nothing happens.
   * @throws ApiError 404, 409 when the event means nothing in this state, or the destination's routes are taken
   */
  async deliver(
    migration: MigrationRow,
    event: MigrationEvent,
    { by, reason = null, rehearsing = false, probe = null }: Delivery,
  ): Promise<MigrationRow> {
    const step = migrationStep(migration.state, event);
    if (step === null) throw conflict('WRONG_STATE', `A migration that is ${migration.state} cannot take '${event}'`);
    const { toGatewayId, environmentId } = migration;
    const checked = step.action === 'serve-on-destination' ? await this.#check(migration) : null;
    const touched = await gatewaysTouchedBy(this.#db, environmentId);
    const gatewayIds = [...new Set([...touched, ...(toGatewayId === null ? [] : [toGatewayId])])];
    await this.#writer.write(gatewayIds, async (tx, gateways) => {
      const locked = await lockMigration(tx, migration.id);
      if (locked === null) throw notFound('The migration is gone');
      if (locked.state !== migration.state) return { result: undefined, changes: [] };
      if (checked !== null) await this.#routes.recheck(checked, gateways, tx);
      const changes = await ACTIONS[step.action](tx, locked);
      const prepares = changes.some(({ gatewayId }) => gatewayId === toGatewayId);
      await tx.query(
        `UPDATE environment_migration SET state = $2, state_since = now(), failure = $3, updated_at = now(), updated_by = $4,
                row_version = row_version + 1, rehearsing = $6, probe = coalesce($7, probe),
                prepared_version = CASE WHEN $2 = 'preparing'
                  THEN (SELECT version + $5::int FROM gateway WHERE id = to_gateway_id) ELSE prepared_version END
         WHERE id = $1`,
        [migration.id, step.to, reason, by, prepares ? 1 : 0, rehearsing, probe === null ? null : JSON.stringify(probe)],
      );
      return { result: undefined, changes };
    });
    const after = await findMigration(this.#db, migration.id);
    if (after === null) throw notFound('The migration is gone');
    return after;
  }

  /** Looks whether something has happened to a running migration by itself, and delivers it. */
  async advance(migration: MigrationRow): Promise<MigrationRow> {
    const facts = await this.#facts(migration);
    const { rehearsal, ...known } = facts;
    const observed = observe(known);
    if (observed !== null)
      return this.deliver(migration, observed.event, { by: 'controller', reason: observed.reason, probe: rehearsal });
    if (facts.mayAsk) await this.#askRoutes(migration);
    return migration;
  }

  /** @throws ApiError 400 when a document does not compile there, 409 naming the API that owns a route there */
  async #check({ environmentId, toGatewayId, toPath }: MigrationRow): Promise<CheckedRoutes | null> {
    if (toGatewayId === null) return null;
    return checkEnvironment({ db: this.#db, routes: this.#routes }, { environmentId, gatewayId: toGatewayId, basePath: toPath });
  }

  /** Of every live router; asked once, for the second worker finds the first one's commands. */
  async #askRoutes({ id, environmentId, toGatewayId }: MigrationRow): Promise<void> {
    if (toGatewayId === null) return;
    await this.#dataSource.transaction(async (tx) => {
      const locked = await lockMigration(tx, id);
      if (locked?.state !== 'preparing') return;
      const [asked] = await tx.query<unknown[]>(PROBES, [id, locked.stateSince]);
      if (asked !== undefined) return;
      const live = await tx.query<{ id: string }[]>(
        `SELECT node_id AS id FROM node WHERE gateway_id = $1 AND lease_until > now()`,
        [toGatewayId],
      );
      const nodeIds = live.map((node) => node.id);
      await orderNodes(tx, { gatewayId: toGatewayId, nodeIds, kind: 'probe', payload: { environmentId, migrationId: id } });
    });
  }

  async #inFlight({ fromGatewayId, environmentId, stateSince }: MigrationRow): Promise<number | null> {
    const [row] = await this.#db.query<{ heard: boolean | null; count: number }[]>(IN_FLIGHT, [
      fromGatewayId,
      environmentId,
      stateSince,
    ]);
    return row?.heard === false ? null : (row?.count ?? 0);
  }

  async #facts(migration: MigrationRow) {
    const { state, toGatewayId, preparedVersion, environmentId } = migration;
    const [clock] = await this.#db.query<{ now: string }[]>(`SELECT extract(epoch FROM now()) * 1000 AS now`);
    const nodes =
      state === 'preparing' && toGatewayId !== null
        ? await this.#db.query<{ id: string; served: boolean; refusal: string | null }[]>(ANSWERS, [
            toGatewayId,
            preparedVersion,
            environmentId,
          ])
        : [];
    const answers =
      state === 'preparing' ? await this.#db.query<ProbeAnswer[]>(PROBES, [migration.id, migration.stateSince]) : [];
    const rehearsal = rehearsalOf(answers, Number(clock?.now));
    return {
      rehearsal,
      rehearsing: migration.rehearsing,
      probe: rehearsal === null ? null : { refusal: rehearsalRefusal(rehearsal, migration.acknowledged) },
      /** Every router serves it, and none was asked yet */
      mayAsk: answers.length === 0 && nodes.length > 0 && nodes.every(({ served }) => served),
      state,
      sinceMs: migration.stateSince.getTime(),
      nowMs: Number(clock?.now),
      overlapMs: migration.overlapSeconds * 1000,
      drainMs: migration.drainSeconds * 1000,
      prepareLimitMs: this.#prepareLimitMs,
      hasSource: migration.fromGatewayId !== null,
      inFlight: state === 'draining' ? await this.#inFlight(migration) : null,
      hasDestination: toGatewayId !== null,
      nodes,
    };
  }
}

/** What routers were asked since the state began. */
const PROBES = `
  SELECT node_id AS node, ok, message FROM node_command
  WHERE kind = 'probe' AND payload->>'migrationId' = $1::text AND created_at >= $2 ORDER BY node_id`;

/** Counts only what was said after the state began; a router that is not live serves nobody. */
const IN_FLIGHT = `
  SELECT bool_and(last_seen_at > $3) AS heard,
         coalesce(sum(coalesce((health->'byEnvironment'->>$2)::bigint, 0)), 0)::int AS count
  FROM node WHERE gateway_id = $1 AND lease_until > now()`;

interface Delivery {
  readonly by: string;
  readonly reason?: string | null;
  readonly rehearsing?: boolean;
  readonly probe?: Rehearsal | null;
}

type Act = (tx: EntityManager, migration: MigrationRow) => Promise<GatewayChange[]>;

const ACTIONS: Readonly<Record<MigrationAction, Act>> = {
  nothing: async () => [],

  'serve-on-destination': async (tx, { environmentId, toGatewayId, toPath }) => {
    if (toGatewayId === null) return [];
    await placeSecond(tx, environmentId, toGatewayId, toPath);
    return arrivals(tx, environmentId, toGatewayId);
  },

  /** Says once more what the destination serves: a write that began before it was one of the environment's gateways is healed. */
  'give-to-destination': async (tx, migration) => {
    const { environmentId, fromGatewayId, fromPath, toGatewayId, toPath } = migration;
    if (toGatewayId === null) return [];
    await place(tx, environmentId, toGatewayId, toPath);
    if (fromGatewayId === null) await tx.query(`DELETE FROM environment_second_place WHERE environment_id = $1`, [environmentId]);
    else await placeSecond(tx, environmentId, fromGatewayId, fromPath);
    return arrivals(tx, environmentId, toGatewayId);
  },

  'leave-source': async (tx, { environmentId, fromGatewayId, toGatewayId, fromPath }) => {
    await tx.query(`DELETE FROM environment_second_place WHERE environment_id = $1`, [environmentId]);
    if (toGatewayId === null) await place(tx, environmentId, null, fromPath);
    return leave(tx, environmentId, fromGatewayId);
  },

  'leave-destination': async (tx, { environmentId, toGatewayId }) => {
    await tx.query(`DELETE FROM environment_second_place WHERE environment_id = $1`, [environmentId]);
    return leave(tx, environmentId, toGatewayId);
  },

  'give-back-to-source': async (tx, { environmentId, fromGatewayId, fromPath, toGatewayId }) => {
    await tx.query(`DELETE FROM environment_second_place WHERE environment_id = $1`, [environmentId]);
    await place(tx, environmentId, fromGatewayId, fromPath);
    return leave(tx, environmentId, toGatewayId);
  },
};

async function leave(tx: Db, environmentId: string, gatewayId: string | null): Promise<GatewayChange[]> {
  if (gatewayId === null) return [];
  return departures(tx, { environmentId, apiIds: await apisOf(tx, environmentId), gatewayIds: [gatewayId] });
}

async function place(tx: Db, environmentId: string, gatewayId: string | null, path: string): Promise<void> {
  await tx.query(`UPDATE environment SET gateway_id = $2, base_path = $3, row_version = row_version + 1 WHERE id = $1`, [
    environmentId,
    gatewayId,
    path,
  ]);
}

async function placeSecond(tx: Db, environmentId: string, gatewayId: string, path: string): Promise<void> {
  await tx.query(
    `INSERT INTO environment_second_place (environment_id, gateway_id, base_path) VALUES ($1, $2, $3)
     ON CONFLICT (environment_id) DO UPDATE SET gateway_id = excluded.gateway_id, base_path = excluded.base_path`,
    [environmentId, gatewayId, path],
  );
}

/** What the live routers of the destination say of the version that brought the environment, and of its deployments. */
const ANSWERS = `
  SELECT node_id AS id, acked_version >= $2 AND acked_epoch = installation.epoch AS served,
         coalesce(
           (SELECT rejection->>'message' FROM jsonb_array_elements(rejected) AS rejection
            WHERE acked_version >= $2 AND right(rejection->>'id', 37) = '/' || $3 LIMIT 1),
           CASE WHEN (nacked->>'version')::bigint >= $2 THEN nacked->>'message' END) AS refusal
  FROM node, installation
  WHERE gateway_id = $1 AND lease_until > now() ORDER BY node_id`;

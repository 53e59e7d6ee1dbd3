import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type {
  GatewayState,
  MigrationCheck,
  MigrationComplete,
  MigrationStep1,
  MigrationStepDone,
} from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { conflict, notFound } from '../http/api-error.ts';
import { refuseUnlessMatching } from '../rest-apis/if-match.ts';
import { Fleet } from '../gateways/fleet.ts';
import { GatewaysService } from '../gateways/gateways.service.ts';
import type { Db } from './deployment-targets.ts';
import { shownPath } from './environment-path.ts';
import { deployedApis, findEnvironment } from './environments.repository.ts';
import { EnvironmentsService, pathOrRefusal } from './environments.service.ts';
import { MigrationEngine } from './migration-engine.ts';
import type { MigrationEvent } from './migration-state.ts';
import { findMigration, lockMigration, type MigrationRow, openMigrationOf } from './migrations.repository.ts';

/** The three steps of a migration, which several people may take, and the buttons that run it. */
@Injectable()
export class MigrationsService {
  readonly #dataSource: DataSource;
  readonly #db: Db;
  readonly #environments: EnvironmentsService;
  readonly #gateways: GatewaysService;
  readonly #fleet: Fleet;
  readonly #engine: MigrationEngine;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(EnvironmentsService) environments: EnvironmentsService,
    @Inject(GatewaysService) gateways: GatewaysService,
    @Inject(Fleet) fleet: Fleet,
    @Inject(MigrationEngine) engine: MigrationEngine,
  ) {
    this.#dataSource = dataSource;
    this.#db = dataSource.manager;
    this.#environments = environments;
    this.#gateways = gateways;
    this.#fleet = fleet;
    this.#engine = engine;
  }

  /** @throws ApiError 404 */
  async one(id: string): Promise<MigrationRow> {
    const migration = await findMigration(this.#db, id);
    if (migration === null) throw notFound(`Migration '${id}' not found`);
    return migration;
  }

  /** One is open per environment at most. @throws ApiError 404, 409 naming the open one */
  async create(environmentId: string, by: string): Promise<MigrationRow> {
    const environment = await this.#environments.one(environmentId);
    const id = randomUUID();
    const [made] = await this.#db.query<{ id: string }[]>(
      `INSERT INTO environment_migration (id, account_id, environment_id, from_gateway_id, from_path, to_path, created_by, updated_by)
       SELECT $1, account_id, id, gateway_id, base_path, base_path, $3, $3 FROM environment WHERE id = $2
       ON CONFLICT (environment_id) WHERE state IN ('draft', 'preparing', 'overlap', 'draining') DO NOTHING RETURNING id`,
      [id, environment.id, by],
    );
    if (made !== undefined) return this.one(id);
    const open = await openMigrationOf(this.#db, environment.id);
    throw conflict('MIGRATION_EXISTS', `Environment '${environment.name}' has an open migration: ${open?.id ?? ''}`);
  }

  /** Another destination makes what came after it undone. @throws ApiError 400, 404, 409, 412 */
  async choose(id: string, { destination, paths, complete }: MigrationStep1, change: Change): Promise<MigrationRow> {
    const migration = await this.one(id);
    const gateway = 'gatewayId' in destination ? await this.#gateways.one(destination.gatewayId) : null;
    const path = paths === undefined ? null : pathOrRefusal(paths.rest);
    if (gateway === null && migration.fromGatewayId === null)
      throw conflict('NOT_ON_A_GATEWAY', `Environment '${migration.environment}' is on no gateway that it could leave`);
    if (gateway !== null && gateway.id === migration.fromGatewayId)
      throw conflict('SAME_GATEWAY', `Environment '${migration.environment}' is on gateway '${gateway.handle}' already`);
    return this.#edit(migration, change, (tx) =>
      tx.query(
        `UPDATE environment_migration SET to_gateway_id = $2, to_off = $3, to_path = coalesce($4, to_path), steps_done = $5,
                acknowledged = '[]', probe = NULL WHERE id = $1`,
        [migration.id, gateway?.id ?? null, gateway === null, path, complete ? 1 : 0],
      ),
    );
  }

  /** Steps 2 and 3: looked at, and their warnings taken note of. @throws ApiError 404, 409 out of order, 412 */
  async finishStep(id: string, step: 2 | 3, done: MigrationStepDone, change: Change): Promise<MigrationRow> {
    const migration = await this.one(id);
    return this.#edit(migration, change, async (tx, { stepsDone, acknowledged }) => {
      if (stepsDone < step - 1) throw conflict('STEP_ORDER', `Complete step ${stepsDone + 1} first`);
      await tx.query(`UPDATE environment_migration SET steps_done = $2, acknowledged = $3 WHERE id = $1`, [
        migration.id,
        done.complete ? Math.max(stepsDone, step) : step - 1,
        JSON.stringify([...new Set([...acknowledged, ...done.acknowledgedWarnings])]),
      ]);
    });
  }

  /** Runs it. @throws ApiError 404, 409 for what is in its way, 412 */
  async start(id: string, { overlapSeconds, drainSeconds }: MigrationComplete, change: Change): Promise<MigrationRow> {
    const seen = await this.one(id);
    // Pressing Migrate twice is pressing it once.
    if (seen.state !== 'draft') return seen;
    if (seen.stepsDone < 3) throw conflict('STEP_ORDER', `Complete step ${seen.stepsDone + 1} first`);
    const blocking = (await this.checks(seen)).filter(
      ({ code, severity }) => severity === 'ERROR' || !seen.acknowledged.includes(code),
    );
    if (blocking.length > 0) {
      const errors = blocking.map(({ code, message }) => ({ field: 'migration', code, message }));
      throw conflict('BLOCKING_ERRORS', blocking.map(({ message }) => message).join('; '), errors);
    }
    const edited = await this.#edit(seen, change, (tx) =>
      tx.query(`UPDATE environment_migration SET overlap_seconds = $2, drain_seconds = $3 WHERE id = $1`, [
        seen.id,
        overlapSeconds,
        drainSeconds,
      ]),
    );
    return this.#engine.deliver(edited, 'start', { by: change.by });
  }

  /** Prepares the destination, asks every route there, and is a draft again. @throws ApiError 404, 409 */
  async rehearse(id: string, by: string): Promise<MigrationRow> {
    const seen = await this.one(id);
    if (seen.rehearsing) return seen;
    const hindered = (await this.checks(seen)).find(({ severity, step }) => severity === 'ERROR' && step < 3);
    if (seen.toGatewayId === null || hindered !== undefined)
      throw conflict('NOTHING_TO_REHEARSE', hindered?.message ?? 'There is no destination to rehearse on');
    return this.#engine.deliver(seen, 'start', { by, rehearsing: true });
  }

  /** @throws ApiError 404, 409 in a state in which that means nothing */
  async press(id: string, event: MigrationEvent, by: string): Promise<MigrationRow> {
    return this.#engine.deliver(await this.one(id), event, { by });
  }

  /** The overlap ends now. @throws ApiError 404, 409 */
  async finishOverlap(id: string, by: string): Promise<MigrationRow> {
    const migration = await this.one(id);
    if (migration.state !== 'overlap')
      throw conflict('WRONG_STATE', `A migration that is ${migration.state} has no overlap to finish`);
    return this.#engine.deliver(migration, 'elapsed', { by });
  }

  /** A draft changes nothing that is served. @throws ApiError 404, 409 while it runs */
  async remove(id: string): Promise<MigrationRow> {
    const migration = await this.one(id);
    const [gone] = await this.#db.query<[unknown[], number]>(
      `DELETE FROM environment_migration WHERE id = $1 AND state NOT IN ('preparing', 'overlap', 'draining') RETURNING id`,
      [migration.id],
    );
    if (gone.length === 0) throw conflict('MIGRATION_RUNNING', 'The migration runs: cancel it or roll it back');
    return migration;
  }

  /** What is in its way, looked at now. */
  async checks(migration: MigrationRow): Promise<MigrationCheck[]> {
    if (migration.state !== 'draft') return [];
    const environment = await findEnvironment(this.#db, migration.environmentId);
    const apis = await deployedApis(this.#db, [migration.environmentId]);
    const destination =
      migration.toGatewayId === null || migration.toDeleted ? null : await this.#destination(migration.toGatewayId);
    return draftChecks(migration, { gatewayId: environment?.gatewayId ?? null, apis: apis.length, destination });
  }

  async #destination(gatewayId: string): Promise<GatewayState> {
    return (await this.#fleet.item(await this.#gateways.one(gatewayId))).status.state;
  }

  async #edit(
    migration: MigrationRow,
    { by, ifMatch }: Change,
    work: (tx: Db, locked: MigrationRow) => Promise<unknown>,
  ): Promise<MigrationRow> {
    await this.#dataSource.transaction(async (tx) => {
      const locked = await lockMigration(tx, migration.id);
      if (locked === null) throw notFound(`Migration '${migration.id}' not found`);
      refuseUnlessMatching(ifMatch, locked.rowVersion);
      if (locked.state !== 'draft') throw conflict('MIGRATION_RUNNING', `The migration is ${locked.state}: its steps are over`);
      await work(tx, locked);
      await tx.query(
        `UPDATE environment_migration SET row_version = row_version + 1, updated_by = $2, updated_at = now() WHERE id = $1`,
        [migration.id, by],
      );
    });
    return this.one(migration.id);
  }
}

export interface Change {
  readonly by: string;
  readonly ifMatch: string | undefined;
}

interface Around {
  /** Where the environment is now */
  readonly gatewayId: string | null;
  readonly apis: number;
  /** Status of the destination; `null` = there is none, or it is deleted */
  readonly destination: GatewayState | null;
}

/** Errors keep a draft from running; a warning has to be acknowledged. */
function draftChecks(migration: MigrationRow, { gatewayId, apis, destination }: Around): MigrationCheck[] {
  const { toDeleted, toGateway, toGatewayId, toOff, fromGatewayId, fromPath, toPath } = migration;
  const error = (code: string, step: number, message: string): MigrationCheck => ({ code, severity: 'ERROR', message, step });
  const warning = (code: string, step: number, message: string): MigrationCheck => ({ code, severity: 'WARNING', message, step });
  const when = (applies: boolean, check: MigrationCheck): MigrationCheck[] => (applies ? [check] : []);
  const unreachable = [
    ...new Set(migration.probe?.problems.filter(({ code }) => code === 'UPSTREAM_UNREACHABLE').map(({ api }) => api)),
  ];
  const serving = destination === 'ONLINE' || destination === 'CLUSTER_ISSUES';
  return [
    ...when(toGatewayId === null && !toOff, error('NO_DESTINATION', 1, 'Choose a destination')),
    ...when(toDeleted, error('DESTINATION_DELETED', 1, `Gateway '${toGateway ?? ''}' is deleted; choose another one`)),
    ...when(
      gatewayId !== fromGatewayId,
      error('SOURCE_CHANGED', 1, 'The environment is on another gateway than when this migration was created; make a new one'),
    ),
    ...when(
      toGatewayId !== null && !toDeleted && !serving,
      error('DESTINATION_NOT_SERVING', 2, `No router of gateway '${toGateway ?? ''}' serves`),
    ),
    ...when(
      destination === 'CLUSTER_ISSUES',
      warning('DESTINATION_CLUSTER_ISSUES', 2, `Gateway '${toGateway ?? ''}' has cluster issues`),
    ),
    ...when(
      unreachable.length > 0,
      warning('UPSTREAM_UNREACHABLE', 2, `From there nobody reaches the upstreams of ${unreachable.join(', ')}`),
    ),
    ...when(apis === 0, warning('NO_APIS', 3, 'No API is deployed to the environment')),
    ...when(
      toPath !== fromPath && !toOff,
      warning('URL_CHANGES', 3, `APIs move from '${shownPath(fromPath)}' to '${shownPath(toPath)}'`),
    ),
    ...when(toOff && apis > 0, warning('UNREACHABLE', 3, 'Off its gateway the environment answers nowhere')),
  ];
}

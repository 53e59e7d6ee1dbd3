import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { EnvironmentList, EnvironmentListQuery, EnvironmentRequest } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { GatewayWriter, type Written } from '../change-log/gateway-writer.ts';
import { badRequest, conflict, notFound } from '../http/api-error.ts';
import { UNIQUE_VIOLATION } from '../rest-apis/conflicts.ts';
import { refuseUnlessMatching } from '../rest-apis/if-match.ts';
import { RouteCheck } from '../rest-apis/route-check.ts';
import { checkEnvironment } from './check-environment.ts';
import type { Db } from './deployment-targets.ts';
import { environmentAnswer } from './environment-answer.ts';
import { arrivals, gatewaysTouchedBy } from './environment-entries.ts';
import { parseEnvironmentPath } from './environment-path.ts';
import { deployedApis, type EnvironmentRow, findEnvironment, listEnvironments } from './environments.repository.ts';

/** Environments: where APIs are deployed. Which gateway one is on changes through migrations alone. */
@Injectable()
export class EnvironmentsService {
  readonly #db: Db;
  readonly #writer: GatewayWriter;
  readonly #routes: RouteCheck;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(GatewayWriter) writer: GatewayWriter,
    @Inject(RouteCheck) routes: RouteCheck,
  ) {
    this.#db = dataSource.manager;
    this.#writer = writer;
    this.#routes = routes;
  }

  async list({ gateway, search, limit, offset }: EnvironmentListQuery): Promise<EnvironmentList> {
    const all = (await listEnvironments(this.#db)).filter(
      ({ name, gateway: handle, gatewayId }) =>
        name.toLowerCase().includes(search.toLowerCase()) &&
        (gateway === undefined || (gateway === 'none' ? gatewayId === null : handle === gateway || gatewayId === gateway)),
    );
    const shown = all.slice(offset, offset + limit);
    const deployed = Map.groupBy(
      await deployedApis(
        this.#db,
        shown.map(({ id }) => id),
      ),
      ({ environmentId }) => environmentId,
    );
    const environments = shown.map((row) => environmentAnswer(row, deployed.get(row.id) ?? []));
    return { status: 'success', count: environments.length, total: all.length, limit, offset, environments };
  }

  /** @throws ApiError 404 */
  async one(id: string): Promise<EnvironmentRow> {
    const environment = await findEnvironment(this.#db, id);
    if (environment === null) throw notFound(`Environment '${id}' not found`);
    return environment;
  }

  async answer(environment: EnvironmentRow) {
    return environmentAnswer(environment, await deployedApis(this.#db, [environment.id]));
  }

  /** @throws ApiError 400 for its path, 409 for a name in use */
  async create({ name, classification, paths }: EnvironmentRequest): Promise<EnvironmentRow> {
    const id = randomUUID();
    try {
      await this.#db.query(
        `INSERT INTO environment (id, account_id, name, classification, base_path) SELECT $1, account_id, $2, $3, $4 FROM installation`,
        [id, name, classification, pathOrRefusal(paths.rest)],
      );
    } catch (error) {
      if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
      const message = `An environment named '${name}' exists already`;
      throw conflict('ENVIRONMENT_NAME_USED', message, [{ field: 'name', code: 'duplicate', message }]);
    }
    return this.one(id);
  }

  /** What the path would be, and whether its APIs would meet others there. Changes nothing. @throws ApiError 400, 404, 409 */
  async checkPath(id: string, path: string): Promise<{ canonical: string; exampleUrl: string | null }> {
    const environment = await this.one(id);
    const basePath = pathOrRefusal(path);
    await this.#check(environment, basePath);
    const { baseUrl } = environmentAnswer({ ...environment, basePath }, []);
    return { canonical: basePath.slice(1), exampleUrl: baseUrl };
  }

  /**
   * Every API of the environment answers under the new path at once, and no longer under the old one. Checked over the whole table
   * of its gateway. @throws ApiError 400, 404, 409 for a route that another API has or while it migrates, 412
   */
  async move(id: string, path: string, ifMatch: string | undefined): Promise<Written<EnvironmentRow>> {
    const environment = await this.one(id);
    const basePath = pathOrRefusal(path);
    const checked = await this.#check(environment, basePath);
    const written = await this.#writer.write(await gatewaysTouchedBy(this.#db, environment.id), async (tx, gateways) => {
      await tx.query(`SELECT 1 FROM environment WHERE id = $1 FOR UPDATE`, [environment.id]);
      const locked = await findEnvironment(tx, environment.id);
      if (locked === null) throw notFound(`Environment '${id}' not found`);
      refuseUnlessMatching(ifMatch, locked.rowVersion);
      refuseWhileMigrating(locked);
      await this.#routes.recheck(checked, gateways, tx);
      await tx.query(`UPDATE environment SET base_path = $2, row_version = row_version + 1 WHERE id = $1`, [
        environment.id,
        basePath,
      ]);
      const changes = locked.gatewayId === null ? [] : await arrivals(tx, environment.id, locked.gatewayId);
      return { result: undefined, changes };
    });
    return { ...written, result: await this.one(environment.id) };
  }

  /** @throws ApiError 404, 409 while it is on a gateway, migrates, has APIs, or is the one that new APIs go to */
  async remove(id: string): Promise<EnvironmentRow> {
    const environment = await this.one(id);
    if (environment.gatewayId !== null)
      throw conflict('ENVIRONMENT_ATTACHED', `Environment '${environment.name}' is on a gateway; migrate it off first`);
    refuseWhileMigrating(environment);
    if (environment.name === 'default')
      throw conflict('ENVIRONMENT_IS_DEFAULT', 'New APIs are deployed to the environment default: it stays');
    const [gone] = await this.#db.query<[unknown[], number]>(
      `DELETE FROM environment WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM deployment WHERE environment_id = $1) RETURNING id`,
      [environment.id],
    );
    if (gone.length === 0)
      throw conflict('ENVIRONMENT_HAS_DEPLOYMENTS', `APIs are deployed to environment '${environment.name}'; remove them first`);
    return environment;
  }

  #check({ id: environmentId, gatewayId }: EnvironmentRow, basePath: string) {
    return checkEnvironment({ db: this.#db, routes: this.#routes }, { environmentId, gatewayId, basePath });
  }
}

/** @throws ApiError 400 with every rule that the path breaks */
export function pathOrRefusal(path: string): string {
  const parsed = parseEnvironmentPath(path);
  if (parsed.ok) return parsed.basePath;
  throw badRequest(
    'validation_failed',
    `The path '${path}' ${parsed.errors.map(({ message }) => message).join('; ')}`,
    parsed.errors,
  );
}

/** A draft holds nobody up. */
function refuseWhileMigrating({ name, migrationState }: EnvironmentRow): void {
  if (migrationState !== null && migrationState !== 'draft')
    throw conflict('ENVIRONMENT_MIGRATING', `Environment '${name}' is being migrated; wait for its end, or roll it back`);
}

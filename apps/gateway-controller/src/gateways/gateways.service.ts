import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { GatewayDeleteQuery, GatewayPatch, GatewayRequest } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { GatewayWriter } from '../change-log/gateway-writer.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { ApiError, conflict, notFound } from '../http/api-error.ts';
import { refuseUnlessMatching } from '../rest-apis/if-match.ts';
import { UNIQUE_VIOLATION } from '../rest-apis/conflicts.ts';
import { environmentNames, findGateway, type GatewayRow } from './gateways.queries.ts';

/** What users set about gateways. */
@Injectable()
export class GatewaysService {
  readonly #db: Db;
  readonly #dataSource: DataSource;
  readonly #writer: GatewayWriter;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(GatewayWriter) writer: GatewayWriter) {
    this.#db = dataSource.manager;
    this.#dataSource = dataSource;
    this.#writer = writer;
  }

  /** Deleted ones only by uuid, and only where that is said. @throws ApiError 404 */
  async one(id: string, { deleted = false } = {}): Promise<GatewayRow> {
    const gateway = await findGateway(this.#db, id, { deleted });
    if (gateway === null) throw notFound(`Gateway '${id}' not found`);
    return gateway;
  }

  /** @throws ApiError 409 for a name in use */
  async create(request: GatewayRequest): Promise<GatewayRow> {
    const { name, displayName = name, publicUrl, bindAddress, hostName, healthCheckPath } = request;
    const id = randomUUID();
    try {
      await this.#db.query(
        `INSERT INTO gateway (id, account_id, handle, display_name, public_url, bind_address, host_name, health_check_path,
                              expected_min_nodes, force_restart_minutes)
         SELECT $1, account_id, $2, $3, $4, $5, $6, $7, $8, $9 FROM installation`,
        [
          id,
          name,
          displayName,
          publicUrl,
          bindAddress,
          hostName,
          healthCheckPath,
          request.expectedMinNodes,
          request.forceRestartMinutes,
        ],
      );
    } catch (error) {
      throw nameInUse(error, name) ?? error;
    }
    return this.one(id);
  }

  /** What is absent stays. Settings change nothing that routers serve. @throws ApiError 404, 412 */
  async update(id: string, patch: GatewayPatch, ifMatch: string | undefined): Promise<GatewayRow> {
    const gateway = await this.one(id);
    await this.#dataSource.transaction(async (tx) => {
      await tx.query(`SELECT 1 FROM gateway WHERE id = $1 FOR UPDATE`, [gateway.id]);
      const locked = await findGateway(tx, gateway.id);
      if (locked === null) throw notFound(`Gateway '${id}' not found`);
      refuseUnlessMatching(ifMatch, locked.rowVersion);
      const wanted = { ...locked, ...patch };
      await tx.query(
        `UPDATE gateway SET display_name = $2, public_url = $3, bind_address = $4, host_name = $5, health_check_path = $6,
                expected_min_nodes = $7, force_restart_minutes = $8, row_version = row_version + 1
         WHERE id = $1`,
        [
          gateway.id,
          wanted.displayName,
          wanted.publicUrl,
          wanted.bindAddress,
          wanted.hostName,
          wanted.healthCheckPath,
          wanted.expectedMinNodes,
          wanted.forceRestartMinutes,
        ],
      );
    });
    return this.one(gateway.id);
  }

  /**
   * Soft: the row stays for the Deleted view, its nodes are refused within a second, and its name is free again.
   * @throws ApiError 404, 410 when it is deleted already, 409 naming the environments that are on it, 412
   */
  async remove(id: string, options: GatewayDeleteQuery, by: string, ifMatch: string | undefined): Promise<GatewayRow> {
    const gateway = await this.one(id, { deleted: true });
    const { result } = await this.#writer.write([gateway.id], async (tx) => {
      const locked = await findGateway(tx, gateway.id, { deleted: true });
      if (locked === null || locked.deletedAt !== null) throw alreadyDeleted(gateway);
      refuseUnlessMatching(ifMatch, locked.rowVersion);
      await refuseWhileMigrating(tx, locked);
      await this.#leaveEnvironments(tx, locked, options);
      await tx.query(`UPDATE gateway SET deleted_at = now(), deleted_by = $2, row_version = row_version + 1 WHERE id = $1`, [
        gateway.id,
        by,
      ]);
      await tx.query(`UPDATE node_credential SET revoked_at = now() WHERE gateway_id = $1 AND revoked_at IS NULL`, [gateway.id]);
      await tx.query(`DELETE FROM join_token WHERE gateway_id = $1 AND used_at IS NULL`, [gateway.id]);
      await tx.query(`SELECT pg_notify('tidegate_credential', $1)`, [gateway.id]);
      return { result: locked, changes: [] };
    });
    return result;
  }

  async #leaveEnvironments(tx: Db, gateway: GatewayRow, { detachEnvironments }: GatewayDeleteQuery): Promise<void> {
    const attached = (await environmentNames(tx)).filter(({ gatewayId }) => gatewayId === gateway.id);
    if (attached.length > 0 && !detachEnvironments) {
      throw conflict(
        'GATEWAY_HAS_ENVIRONMENTS',
        `Environments are on gateway '${gateway.handle}': migrate them off, or say detachEnvironments=true`,
        attached.map(({ name }) => ({ field: 'environments', code: 'attached', message: name })),
      );
    }
    await tx.query(`UPDATE environment SET gateway_id = NULL WHERE gateway_id = $1`, [gateway.id]);
  }
}

/** A draft does not hold a gateway; it says that its destination is gone. */
async function refuseWhileMigrating(tx: Db, { id, handle }: GatewayRow): Promise<void> {
  const moving = await tx.query<{ name: string }[]>(
    `SELECT environment.name FROM environment_migration JOIN environment ON environment.id = environment_id
     WHERE state IN ('preparing', 'overlap', 'draining') AND $1 IN (from_gateway_id, to_gateway_id)`,
    [id],
  );
  if (moving.length === 0) return;
  throw conflict(
    'GATEWAY_IN_MIGRATION',
    `Environments are being migrated onto or off gateway '${handle}'; wait for their end, or roll them back`,
    moving.map(({ name }) => ({ field: 'environments', code: 'migrating', message: name })),
  );
}

function nameInUse(error: unknown, name: string): ApiError | null {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code !== UNIQUE_VIOLATION) return null;
  const message = `A gateway named '${name}' exists already`;
  return conflict('GATEWAY_NAME_USED', message, [{ field: 'name', code: 'duplicate', message }]);
}

function alreadyDeleted({ handle }: GatewayRow): ApiError {
  return new ApiError(410, 'GATEWAY_DELETED', `Gateway '${handle}' is deleted already`);
}

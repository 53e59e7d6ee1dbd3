import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { RestartRequest, SettingsAnswer } from '@tidegate/management-api';
import { DataSource, type EntityManager } from 'typeorm';

import type { Db } from '../environments/deployment-targets.ts';
import { GatewaysService } from '../gateways/gateways.service.ts';
import { ApiError, conflict, notFound } from '../http/api-error.ts';
import { UNIQUE_VIOLATION } from '../rest-apis/conflicts.ts';
import { ringOrders } from '../gateways/node-commands.ts';
import { findOperation, type OperationKind, type StoredOperation } from './operations.repository.ts';

export interface NewOperation {
  readonly kind: OperationKind;
  readonly strategy: 'rolling' | 'all';
  readonly percentage: number;
  readonly forceAfterMs: number;
  readonly runtimeVersion: string | null;
  readonly reason: string | null;
  readonly by: string;
}

/** What is done to a gateway node by node: one at a time per gateway. */
@Injectable()
export class OperationsService {
  readonly #dataSource: DataSource;
  readonly #db: Db;
  readonly #gateways: GatewaysService;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(GatewaysService) gateways: GatewaysService) {
    this.#dataSource = dataSource;
    this.#db = dataSource.manager;
    this.#gateways = gateways;
  }

  /** @throws ApiError 404 */
  async one(id: string): Promise<StoredOperation> {
    const operation = await findOperation(this.#db, id);
    if (operation === null) throw notFound(`Operation '${id}' not found`);
    return operation;
  }

  /** @throws ApiError 404, 409 when nobody is there to restart, 423 while another operation runs */
  async restart(gatewayId: string, request: RestartRequest, by: string): Promise<StoredOperation> {
    const gateway = await this.#gateways.one(gatewayId);
    const { strategy, percentage, forceAfterMinutes = gateway.forceRestartMinutes, reason = null } = request;
    const forceAfterMs = forceAfterMinutes * 60_000;
    return this.start(gateway.id, { kind: 'restart', strategy, percentage, forceAfterMs, runtimeVersion: null, reason, by });
  }

  /** Saved settings wait for a restart where there is somebody to restart; else the next start takes them. @throws ApiError 423 */
  async restartToApply(
    gatewayId: string,
    { schema, desired, nodes }: Pick<SettingsAnswer, 'schema' | 'desired' | 'nodes'>,
    by: string,
  ): Promise<StoredOperation | null> {
    const slow = schema.filter(({ name, restartRequired }) => restartRequired && desired[name] !== undefined);
    if (slow.length === 0 || !nodes.some(({ live }) => live)) return null;
    return this.restart(gatewayId, { strategy: 'rolling', percentage: 0, reason: 'Settings were saved' }, by);
  }

  /** Of every node that is connected now; `also` belongs to the same transaction. @throws ApiError 409, 423 */
  async start(
    gatewayId: string,
    operation: NewOperation,
    also: (tx: EntityManager, operationId: string, nodeIds: readonly string[]) => Promise<void> = async () => undefined,
  ): Promise<StoredOperation> {
    const id = randomUUID();
    await this.#dataSource.transaction(async (tx) => {
      const nodes = await tx.query<{ id: string }[]>(
        `SELECT node_id AS id FROM node WHERE gateway_id = $1 AND lease_until > now() ORDER BY node_id`,
        [gatewayId],
      );
      if (nodes.length === 0)
        throw conflict('GATEWAY_OFFLINE', 'No router of the gateway is connected; start one, there is nothing to restart');
      await insertOperation(tx, id, gatewayId, operation);
      for (const [position, node] of nodes.entries()) {
        await tx.query(`INSERT INTO gateway_operation_node (operation_id, node_id, position) VALUES ($1, $2, $3)`, [
          id,
          node.id,
          position,
        ]);
      }
      await also(
        tx,
        id,
        nodes.map((node) => node.id),
      );
      await ringOrders(tx);
    });
    return this.one(id);
  }

  /** Nodes that were told already go on; nobody else is told. @throws ApiError 404, 409 when it is over */
  async cancel(id: string): Promise<StoredOperation> {
    const operation = await this.one(id);
    const [rows] = await this.#db.query<[unknown[], number]>(
      `UPDATE gateway_operation SET state = 'cancelled', ended_at = now() WHERE id = $1 AND state = 'open' RETURNING id`,
      [operation.id],
    );
    if (rows.length === 0) throw conflict('OPERATION_ENDED', `The operation has ${operation.state} already`);
    await this.#db.query(
      `UPDATE node_command SET done_at = now(), ok = false, message = 'Cancelled' WHERE operation_id = $1 AND sent_at IS NULL`,
      [operation.id],
    );
    return this.one(operation.id);
  }
}

async function insertOperation(tx: Db, id: string, gatewayId: string, operation: NewOperation): Promise<void> {
  const { kind, strategy, percentage, forceAfterMs, runtimeVersion, reason, by } = operation;
  try {
    await tx.query(
      `INSERT INTO gateway_operation (id, gateway_id, kind, strategy, percentage, force_after_ms, runtime_version, reason, requested_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [id, gatewayId, kind, strategy, percentage, forceAfterMs, runtimeVersion, reason, by],
    );
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown };
    if (code !== UNIQUE_VIOLATION) throw error;
    throw new ApiError(423, 'OPERATION_RUNNING', 'Another operation of this gateway runs; wait for its end, or cancel it');
  }
}

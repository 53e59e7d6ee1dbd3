import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';

import { LeasedJob } from '../change-log/leased-job.ts';
import { PG_POOL } from '../database/database.module.ts';
import { orderNodes } from '../gateways/node-commands.ts';
import { LOGGER } from '../settings.module.ts';
import { operationProgress } from './operation-progress.ts';
import { batchOf, type OperationStep, operationStep } from './operation-step.ts';
import { openOperationsOfAll, operationNodes, spareNodes, type StoredOperation } from './operations.repository.ts';

const LEASE = 'gateway-operations';
const EVERY_MS = 500;
const LEASE_MS = 5000;
/** An operation that is not over by then has failed, and the status of the gateway is that of its nodes again. */
const DEADLINE_MS = 30 * 60_000;

/**
 * Moves operations on, one replica at a time. It keeps nothing: what has happened is in the rows of nodes and commands, so a worker
 * that dies leaves nothing half done.
 */
@Injectable()
export class OperationWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #dataSource: DataSource;
  readonly #logger: Logger;
  readonly #job: LeasedJob;

  constructor(@Inject(PG_POOL) pool: Pool, @Inject(DataSource) dataSource: DataSource, @Inject(LOGGER) logger: Logger) {
    this.#dataSource = dataSource;
    this.#logger = logger;
    this.#job = new LeasedJob({
      pool,
      logger,
      lease: LEASE,
      everyMs: EVERY_MS,
      leaseMs: LEASE_MS,
      isDue: async () => (await openOperationsOfAll(dataSource.manager)).length > 0,
      run: () => this.#look(),
      failed: 'Operations of gateways could not be moved on; next try soon',
    });
  }

  onApplicationBootstrap(): void {
    this.#job.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#job.stop();
  }

  async #look(): Promise<void> {
    for (const operation of await openOperationsOfAll(this.#dataSource.manager)) {
      await this.#dataSource.transaction((tx) => this.#advance(tx, operation));
    }
  }

  async #advance(tx: EntityManager, operation: StoredOperation): Promise<void> {
    const [open] = await tx.query<unknown[]>(`SELECT 1 FROM gateway_operation WHERE id = $1 AND state = 'open' FOR UPDATE`, [
      operation.id,
    ]);
    if (open === undefined) return;
    const nodes = operationProgress(operation, await operationNodes(tx, operation.id), await spareNodes(tx, operation.id));
    // A command that is stored and not handed over yet is under way all the same.
    const ordered = await tx.query<{ id: string }[]>(
      `SELECT node_id AS id FROM node_command WHERE operation_id = $1 AND kind <> 'stage-bundle' AND done_at IS NULL`,
      [operation.id],
    );
    const waiting = new Set(ordered.map(({ id }) => id));
    const seen = nodes.map((node) =>
      node.state === 'waiting' && waiting.has(node.id) ? { ...node, state: 'told' as const } : node,
    );
    const step = operationStep({
      ageMs: operation.ageMs,
      deadlineMs: DEADLINE_MS,
      batch: batchOf(operation, nodes.length),
      needsStaging: operation.kind !== 'restart',
      nodes: seen,
    });
    await this.#carryOut(tx, operation, step);
  }

  async #carryOut(tx: EntityManager, operation: StoredOperation, step: OperationStep): Promise<void> {
    const { id, gatewayId, forceAfterMs, kind } = operation;
    if (step.do === 'wait') return;
    if (step.do === 'tell') {
      const order = { gatewayId, nodeIds: step.nodeIds, operationId: id };
      const { runtimeVersion } = operation;
      if (runtimeVersion === null) await orderNodes(tx, { ...order, kind: 'restart', payload: { forceAfterMs } });
      else await orderNodes(tx, { ...order, kind: 'activate-bundle', payload: { version: runtimeVersion } });
      return;
    }
    await tx.query(`UPDATE gateway_operation SET state = $2, failure = $3, ended_at = now() WHERE id = $1`, [
      id,
      step.state,
      step.reason,
    ]);
    this.#logger.info(
      { operation: id, kind, gateway: operation.gateway, state: step.state, reason: step.reason },
      'An operation is over',
    );
  }
}

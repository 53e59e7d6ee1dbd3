import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';

import { PG_POOL } from '../database/database.module.ts';
import type { NodeIdentity } from '../gateways/node-credentials.ts';
import { toStoredText } from '../gateways/stored-values.ts';
import { LOGGER } from '../settings.module.ts';
import type { CommandAnswer } from './node-stream.ts';

/** Of one node for one request; what comes beyond is dropped. */
const LOG_BYTES_MAX = 8 * 1024 * 1024;

/** Stores what came of commands, each node's answers in their order. Of commands that were not given to that node nothing is kept. */
@Injectable()
export class NodeAnswers {
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #storing = new Map<string, Promise<void>>();

  constructor(@Inject(PG_POOL) pool: Pool, @Inject(LOGGER) logger: Logger) {
    this.#pool = pool;
    this.#logger = logger;
  }

  /** Never throws. What cannot be stored is lost, and the command runs into its limit. */
  add(node: NodeIdentity, answer: CommandAnswer): void {
    const key = `${node.gatewayId}/${node.nodeId}`;
    const stored = (this.#storing.get(key) ?? Promise.resolve())
      .then(() => this.#store(node, answer))
      .catch((error: unknown) =>
        this.#logger.warn({ err: error, nodeId: node.nodeId }, 'An answer of a node could not be stored'),
      )
      .finally(() => {
        if (this.#storing.get(key) === stored) this.#storing.delete(key);
      });
    this.#storing.set(key, stored);
  }

  async #store({ gatewayId, nodeId }: NodeIdentity, answer: CommandAnswer): Promise<void> {
    if (answer.is === 'log') {
      const { commandId, name, data } = answer.part;
      await this.#pool.query(STORE_PART, [commandId, gatewayId, nodeId, toStoredText(name, 64), data, LOG_BYTES_MAX]);
      return;
    }
    const { commandId, ok, message } = answer.result;
    await this.#pool.query(STORE_RESULT, [commandId, gatewayId, nodeId, ok, toStoredText(message, 2048)]);
  }
}

const STORE_RESULT = `
  UPDATE node_command SET done_at = now(), ok = $4, message = $5
  WHERE id::text = $1 AND gateway_id = $2 AND node_id = $3 AND done_at IS NULL`;

/** A log command's payload names its request. */
const STORE_PART = `
  INSERT INTO log_part (request_id, node_id, name, data)
  SELECT (payload->>'requestId')::uuid, node_id, $4, $5 FROM node_command
  WHERE id::text = $1 AND gateway_id = $2 AND node_id = $3 AND kind = 'collect-logs' AND done_at IS NULL
    AND (SELECT coalesce(sum(length(data)), 0) FROM log_part
         WHERE request_id = (payload->>'requestId')::uuid AND log_part.node_id = $3) + length($5::bytea) <= $6`;

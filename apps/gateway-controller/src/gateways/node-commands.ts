import { randomUUID } from 'node:crypto';

import type { Db } from '../environments/deployment-targets.ts';

/** What a node can be told to do, with what it needs for that (discovery.proto, Command). */
export interface CommandPayloads {
  readonly restart: { readonly forceAfterMs: number };
  readonly 'collect-logs': {
    readonly requestId: string;
    readonly date: string;
    readonly includeCrash: boolean;
    readonly includeConfig: boolean;
  };
  readonly probe: { readonly environmentId: string; readonly migrationId: string };
  readonly 'stage-bundle': { readonly version: string };
  readonly 'activate-bundle': { readonly version: string };
}

export type CommandKind = keyof CommandPayloads;

interface Order<Kind extends CommandKind> {
  readonly gatewayId: string;
  readonly nodeIds: readonly string[];
  readonly kind: Kind;
  readonly payload: CommandPayloads[Kind];
  readonly operationId?: string;
}

/** One command to each of these nodes, told as soon as the transaction commits (discovery/node-orders.ts). */
export async function orderNodes<Kind extends CommandKind>(tx: Db, order: Order<Kind>): Promise<void> {
  const { gatewayId, nodeIds, kind, payload, operationId = null } = order;
  for (const nodeId of nodeIds) {
    await tx.query(
      `INSERT INTO node_command (id, gateway_id, node_id, operation_id, kind, payload) VALUES ($1, $2, $3, $4, $5, $6)`,
      [randomUUID(), gatewayId, nodeId, operationId, kind, JSON.stringify(payload)],
    );
  }
  await ringOrders(tx);
}

/** Settings or commands changed. */
export async function ringOrders(tx: Db): Promise<void> {
  await tx.query(`SELECT pg_notify('tidegate_orders', '')`);
}

import type { Db } from '../environments/deployment-targets.ts';

export type OperationKind = 'restart' | 'update' | 'rollback';
export type OperationState = 'open' | 'succeeded' | 'failed' | 'cancelled';

export interface StoredOperation {
  readonly id: string;
  readonly gatewayId: string;
  readonly gateway: string;
  readonly kind: OperationKind;
  readonly state: OperationState;
  readonly strategy: 'rolling' | 'all';
  readonly percentage: number;
  readonly forceAfterMs: number;
  readonly forceRestartMinutes: number;
  readonly runtimeVersion: string | null;
  readonly reason: string | null;
  readonly failure: string | null;
  readonly requestedBy: string;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly ageMs: number;
}

export interface StoredOperationNode {
  readonly id: string;
  readonly commandedAt: Date | null;
  /** Since it was told, ms */
  readonly toldMs: number | null;
  /** Serves again, as wanted */
  readonly back: boolean;
  readonly silent: boolean;
  readonly failed: boolean;
  readonly message: string | null;
  readonly staged: boolean | null;
}

/** `null` = no such operation. */
export async function findOperation(db: Db, id: string): Promise<StoredOperation | null> {
  const [row] = await db.query<Stored[]>(`${SELECT} WHERE operation.id::text = lower($1)`, [id]);
  return row === undefined ? null : operationOf(row);
}

export async function openOperationsOfAll(db: Db): Promise<StoredOperation[]> {
  return (await db.query<Stored[]>(`${SELECT} WHERE operation.state = 'open' ORDER BY started_at`)).map(operationOf);
}

/** The newest first. */
export async function operationsOf(db: Db, gatewayId: string, limit: number): Promise<StoredOperation[]> {
  const rows = await db.query<Stored[]>(`${SELECT} WHERE gateway_id = $1 ORDER BY started_at DESC LIMIT $2`, [gatewayId, limit]);
  return rows.map(operationOf);
}

/** In the order in which they are told. */
export async function operationNodes(db: Db, operationId: string): Promise<StoredOperationNode[]> {
  return db.query<StoredOperationNode[]>(NODES, [operationId]);
}

/** Nodes of the gateway that serve and are no part of the operation: each may stand for one that went and did not come back. */
export async function spareNodes(db: Db, operationId: string): Promise<number> {
  const [row] = await db.query<{ count: number }[]>(
    `SELECT count(*)::int AS count FROM node JOIN gateway_operation AS operation USING (gateway_id)
     WHERE operation.id = $1 AND phase = 'ready' AND lease_until > now() AND boot_seen_at > operation.started_at
       AND node_id NOT IN (SELECT node_id FROM gateway_operation_node WHERE operation_id = $1)`,
    [operationId],
  );
  return row?.count ?? 0;
}

const SELECT = `
  SELECT operation.id, gateway_id AS "gatewayId", gateway.handle AS gateway, kind, state, strategy, percentage,
         force_after_ms AS "forceAfterMs", force_restart_minutes AS "forceRestartMinutes", operation.runtime_version AS "runtimeVersion",
         reason, failure, requested_by AS "requestedBy", started_at AS "startedAt", ended_at AS "endedAt",
         (extract(epoch FROM now() - started_at) * 1000)::double precision AS "ageMs"
  FROM gateway_operation AS operation JOIN gateway ON gateway.id = gateway_id`;

/**
 * Back: of a restart another process that became ready after it was told; of an update the wanted runtime, ready. What a node answered
 * about its bundle is the result of its own command.
 */
const NODES = `
  SELECT told.node_id AS id, told.commanded_at AS "commandedAt",
         (extract(epoch FROM now() - told.commanded_at) * 1000)::double precision AS "toldMs",
         coalesce(node.phase = 'ready' AND node.lease_until > now()
           AND CASE WHEN operation.kind = 'restart' THEN told.commanded_at IS NOT NULL AND node.ready_at > told.commanded_at
                 AND node.boot_id IS DISTINCT FROM told.boot_id
               ELSE node.runtime_version = operation.runtime_version END, false) AS back,
         coalesce(node.lease_until < now(), true) AS silent,
         coalesce(command.ok = false, false) AS failed, command.message, staging.ok AS staged
  FROM gateway_operation_node AS told
  JOIN gateway_operation AS operation ON operation.id = told.operation_id
  LEFT JOIN node ON node.gateway_id = operation.gateway_id AND node.node_id = told.node_id
  LEFT JOIN node_command AS command ON command.operation_id = told.operation_id AND command.node_id = told.node_id
    AND command.kind <> 'stage-bundle'
  LEFT JOIN node_command AS staging ON staging.operation_id = told.operation_id AND staging.node_id = told.node_id
    AND staging.kind = 'stage-bundle'
  WHERE told.operation_id = $1 ORDER BY told.position`;

type Stored = Omit<StoredOperation, 'forceAfterMs'> & { readonly forceAfterMs: string };

function operationOf(stored: Stored): StoredOperation {
  return { ...stored, forceAfterMs: Number(stored.forceAfterMs) };
}

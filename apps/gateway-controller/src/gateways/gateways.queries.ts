import type { GatewayNode } from '@tidegate/management-api';

import type { Db } from '../environments/deployment-targets.ts';

export interface GatewayRow {
  readonly id: string;
  readonly handle: string;
  readonly displayName: string;
  readonly epoch: number;
  readonly version: number;
}

/** As the driver reads it: 64-bit integers are text. */
export interface NodeRow {
  readonly gatewayId: string;
  readonly id: string;
  readonly phase: GatewayNode['phase'];
  readonly live: boolean;
  readonly leaseUntil: Date | null;
  readonly lastSeen: Date | null;
  readonly ackedEpoch: string;
  readonly ackedVersion: string;
  readonly ackedAt: Date | null;
  readonly runtimeVersion: string | null;
  readonly rejected: GatewayNode['rejected'];
  readonly nack: NonNullable<GatewayNode['nack']> | null;
}

/** By handle. */
export async function listGateways(db: Db): Promise<GatewayRow[]> {
  return (await db.query<StoredGateway[]>(`SELECT ${GATEWAY} ORDER BY handle`)).map(gatewayRow);
}

/** By handle or uuid. `null` = no such gateway. */
export async function findGateway(db: Db, id: string): Promise<GatewayRow | null> {
  const [row] = await db.query<StoredGateway[]>(
    `SELECT ${GATEWAY} AND (handle = $1 OR id::text = lower($1)) ORDER BY (handle = $1) DESC LIMIT 1`,
    [id],
  );
  return row === undefined ? null : gatewayRow(row);
}

/** What the nodes of these gateways said last, and whether they have been heard within their lease. */
export async function listNodes(db: Db, gatewayIds: readonly string[]): Promise<NodeRow[]> {
  return db.query<NodeRow[]>(
    `SELECT gateway_id AS "gatewayId", node_id AS id, phase, coalesce(lease_until > now(), false) AS live,
            lease_until AS "leaseUntil", last_seen_at AS "lastSeen", acked_epoch AS "ackedEpoch", acked_version AS "ackedVersion",
            acked_at AS "ackedAt", runtime_version AS "runtimeVersion", rejected, nacked AS nack
     FROM node WHERE gateway_id = ANY($1::uuid[]) ORDER BY node_id`,
    [gatewayIds],
  );
}

const GATEWAY = `id, handle, display_name AS "displayName", epoch, gateway.version
  FROM gateway JOIN installation USING (account_id) WHERE deleted_at IS NULL`;

type StoredGateway = Omit<GatewayRow, 'version' | 'epoch'> & { readonly version: string; readonly epoch: string };

function gatewayRow(stored: StoredGateway): GatewayRow {
  return { ...stored, epoch: Number(stored.epoch), version: Number(stored.version) };
}

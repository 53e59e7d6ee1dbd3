import type { Db } from '../environments/deployment-targets.ts';

export interface GatewayRow {
  readonly id: string;
  readonly handle: string;
  readonly displayName: string;
  readonly version: number;
}

/** The answer of GET /gateways: what nodes said last, and whether they have been heard within their lease. */
export async function listGateways(db: Db): Promise<(GatewayRow & { nodes: NodeAnswer[] })[]> {
  const gateways = await db.query<StoredGateway[]>(`SELECT ${GATEWAY} FROM gateway WHERE ${OURS} ORDER BY handle`);
  const nodes = await db.query<StoredNode[]>(
    `SELECT gateway_id AS "gatewayId", node_id AS id, phase, last_seen_at AS "lastSeenAt", coalesce(lease_until > now(), false) AS live,
            acked_version AS "ackedVersion", acked_at AS "ackedAt", runtime_version AS "runtimeVersion", rejected
     FROM node WHERE gateway_id = ANY($1::uuid[]) ORDER BY node_id`,
    [gateways.map(({ id }) => id)],
  );
  return gateways.map((gateway) => ({
    ...gateway,
    version: Number(gateway.version),
    nodes: nodes.filter(({ gatewayId }) => gatewayId === gateway.id).map(nodeAnswer),
  }));
}

/** By handle or uuid. `null` = no such gateway. */
export async function findGateway(db: Db, id: string): Promise<GatewayRow | null> {
  const rows = await db.query<StoredGateway[]>(
    `SELECT ${GATEWAY} FROM gateway WHERE ${OURS} AND (handle = $1 OR id::text = lower($1)) ORDER BY (handle = $1) DESC LIMIT 1`,
    [id],
  );
  return rows[0] === undefined ? null : { ...rows[0], version: Number(rows[0].version) };
}

const OURS = `account_id = (SELECT account_id FROM installation) AND deleted_at IS NULL`;
const GATEWAY = `id, handle, display_name AS "displayName", version`;

type StoredGateway = Omit<GatewayRow, 'version'> & { readonly version: string };

interface StoredNode {
  readonly gatewayId: string;
  readonly id: string;
  readonly phase: string;
  readonly lastSeenAt: Date | null;
  readonly live: boolean;
  readonly ackedVersion: string;
  readonly ackedAt: Date | null;
  readonly runtimeVersion: string | null;
  readonly rejected: readonly unknown[];
}

type NodeAnswer = ReturnType<typeof nodeAnswer>;

function nodeAnswer({ id, phase, lastSeenAt, live, ackedVersion, ackedAt, runtimeVersion, rejected }: StoredNode) {
  return {
    id,
    phase,
    live,
    lastSeen: lastSeenAt?.toISOString() ?? null,
    ackedVersion: Number(ackedVersion),
    ackedAt: ackedAt?.toISOString() ?? null,
    runtimeVersion,
    rejected,
  };
}

import type { Db } from '../environments/deployment-targets.ts';
import type { FailedUpdate, NodeReport } from './gateway-issues.ts';
import type { ReportedNode } from './reported-issues.ts';
import type { FleetClock, NodeStatusFacts } from './node-status.ts';

/** What a user set, and what is numbered. Times are the database's. */
export interface GatewayRow {
  readonly id: string;
  readonly handle: string;
  readonly displayName: string;
  readonly publicUrl: string | null;
  readonly bindAddress: string | null;
  readonly hostName: string | null;
  readonly healthCheckPath: string | null;
  readonly expectedMinNodes: number;
  readonly forceRestartMinutes: number;
  readonly createdAt: Date;
  readonly deletedAt: Date | null;
  readonly rowVersion: number;
  readonly epoch: number;
  readonly version: number;
  /** When `version` was committed, as far as the change log reaches back */
  readonly committedAt: Date | null;
}

export interface OperationRow {
  readonly id: string;
  readonly gatewayId: string;
  readonly kind: string;
  readonly startedAt: Date;
  readonly done: number;
  readonly total: number;
}

export interface NodeRow extends NodeStatusFacts, Omit<NodeReport, 'id'>, Omit<ReportedNode, 'id'> {
  readonly gatewayId: string;
  readonly live: boolean;
  readonly leaseUntilMs: number | null;
  readonly ackedAtMs: number | null;
  readonly hostName: string | null;
  readonly startupProperties: Record<string, string>;
  readonly nacked: {
    readonly epoch: number;
    readonly version: number;
    readonly code: string;
    readonly message: string;
    readonly at: string;
  } | null;
}

export interface EnvironmentName {
  readonly id: string;
  readonly name: string;
  readonly gatewayId: string | null;
}

/** By handle. Those that are deleted, or those that are not. */
export async function listGateways(db: Db, { deleted }: { readonly deleted: boolean }): Promise<GatewayRow[]> {
  return (await db.query<StoredGateway[]>(`${GATEWAYS} WHERE (deleted_at IS NOT NULL) = $1 ORDER BY handle, id`, [deleted])).map(
    gatewayRow,
  );
}

/** By handle, if it is not deleted, or by uuid. `null` = no such gateway. */
export async function findGateway(db: Db, id: string, { deleted = false } = {}): Promise<GatewayRow | null> {
  const [row] = await db.query<StoredGateway[]>(
    `${GATEWAYS} WHERE (deleted_at IS NULL AND handle = $1) OR (id::text = lower($1) AND (deleted_at IS NULL OR $2))
     ORDER BY (handle = $1) DESC LIMIT 1`,
    [id, deleted],
  );
  return row === undefined ? null : gatewayRow(row);
}

/** What the nodes of these gateways said last, and whether they have been heard within their lease. By id. */
export async function listNodes(db: Db, gatewayIds: readonly string[]): Promise<NodeRow[]> {
  const rows = await db.query<StoredNode[]>(NODES, [gatewayIds]);
  return rows.map(({ ackedEpoch, ackedVersion, nacked, ...row }) => ({
    ...row,
    ackedEpoch: Number(ackedEpoch),
    ackedVersion: Number(ackedVersion),
    deleting: false,
    nacked,
    nack: nacked === null ? null : { ...nacked, atMs: Date.parse(nacked.at) },
  }));
}

export async function openOperations(db: Db, gatewayIds: readonly string[]): Promise<OperationRow[]> {
  return db.query<OperationRow[]>(
    `SELECT operation.id, operation.gateway_id AS "gatewayId", kind, started_at AS "startedAt", count(told.node_id)::int AS total,
            count(*) FILTER (WHERE node.phase = 'ready' AND node.ready_at > told.commanded_at)::int AS done
     FROM gateway_operation AS operation
     LEFT JOIN gateway_operation_node AS told ON told.operation_id = operation.id
     LEFT JOIN node ON node.gateway_id = operation.gateway_id AND node.node_id = told.node_id
     WHERE operation.gateway_id = ANY($1::uuid[]) AND state = 'open'
     GROUP BY operation.id`,
    [gatewayIds],
  );
}

/** Of these gateways the ones whose newest update or roll-back has failed. */
export async function failedUpdates(db: Db, gatewayIds: readonly string[]): Promise<Map<string, FailedUpdate>> {
  const rows = await db.query<(FailedUpdate & { gatewayId: string; state: string })[]>(
    `SELECT DISTINCT ON (gateway_id) gateway_id AS "gatewayId", state, runtime_version AS version, coalesce(failure, '') AS failure,
            ${MS('ended_at')} AS "endedMs"
     FROM gateway_operation WHERE gateway_id = ANY($1::uuid[]) AND kind = 'update' ORDER BY gateway_id, started_at DESC`,
    [gatewayIds],
  );
  return new Map(
    rows
      .filter(({ state }) => state === 'failed')
      .map(({ gatewayId, version, failure, endedMs }) => [gatewayId, { version, failure, endedMs }]),
  );
}

/** Every environment of the installation, by name. */
export async function environmentNames(db: Db): Promise<EnvironmentName[]> {
  return db.query<EnvironmentName[]>(
    `SELECT environment.id, name, gateway_id AS "gatewayId" FROM environment JOIN installation USING (account_id) ORDER BY lower(name), name`,
  );
}

/** The database's time, and since when somebody has been listening to nodes. */
export async function readClock(db: Db, limits: Pick<FleetClock, 'lostMs' | 'startMs'>): Promise<FleetClock> {
  const [row] = await db.query<{ now: string; serving: string | null }[]>(
    `SELECT extract(epoch FROM now()) * 1000 AS now,
            (SELECT extract(epoch FROM serving_since) * 1000 FROM fleet_presence) AS serving`,
  );
  return { ...limits, nowMs: Number(row?.now), servingSinceMs: Number(row?.serving ?? 0) };
}

const GATEWAYS = `
  SELECT gateway.id, handle, display_name AS "displayName", public_url AS "publicUrl", bind_address AS "bindAddress",
         host_name AS "hostName", health_check_path AS "healthCheckPath", expected_min_nodes AS "expectedMinNodes",
         force_restart_minutes AS "forceRestartMinutes", created_at AS "createdAt", deleted_at AS "deletedAt",
         row_version AS "rowVersion", epoch, gateway.version,
         (SELECT max(changed_at) FROM gateway_change WHERE gateway_change.gateway_id = gateway.id
            AND gateway_change.version = gateway.version) AS "committedAt"
  FROM gateway JOIN installation USING (account_id)`;

const MS = (column: string) => `(extract(epoch FROM ${column}) * 1000)::double precision`;

const NODES = `
  SELECT node.gateway_id AS "gatewayId", node.node_id AS id, phase, coalesce(lease_until > now(), false) AS live,
         ${MS('lease_until')} AS "leaseUntilMs", ${MS('last_seen_at')} AS "lastSeenMs", ${MS('boot_seen_at')} AS "bootSeenMs",
         ${MS('ready_at')} AS "readyMs", ${MS('stopping_at')} AS "stoppingMs", ${MS('stopped_at')} AS "stoppedMs",
         coalesce(cut_requests, 0) AS "cutRequests", coalesce(drain_grace_ms, 0) AS "drainGraceMs", boots_since_ready AS boots,
         NULL::text AS "exitEvidence", ${MS('told.commanded_at')} AS "commandedMs",
         acked_epoch AS "ackedEpoch", acked_version AS "ackedVersion", ${MS('acked_at')} AS "ackedAtMs",
         node.runtime_version AS "runtimeVersion", host_name AS "hostName", startup_properties AS "startupProperties", rejected, nacked,
         settings_waiting AS "settingsWaiting", issues, clock_skew_ms AS "skewMs", ${MS('duplicate_seen_at')} AS "duplicateSeenMs"
  FROM node
  LEFT JOIN gateway_operation AS operation ON operation.gateway_id = node.gateway_id AND operation.state = 'open'
  LEFT JOIN gateway_operation_node AS told ON told.operation_id = operation.id AND told.node_id = node.node_id
  WHERE node.gateway_id = ANY($1::uuid[]) ORDER BY node.node_id`;

/** As the driver reads it: 64-bit integers are text. */
type StoredGateway = Omit<GatewayRow, 'version' | 'epoch' | 'rowVersion'> & Record<'version' | 'epoch' | 'rowVersion', string>;
type StoredNode = Omit<NodeRow, 'ackedEpoch' | 'ackedVersion' | 'nack' | 'deleting'> &
  Record<'ackedEpoch' | 'ackedVersion', string>;

function gatewayRow(stored: StoredGateway): GatewayRow {
  return {
    ...stored,
    epoch: Number(stored.epoch),
    version: Number(stored.version),
    rowVersion: Number(stored.rowVersion),
  };
}

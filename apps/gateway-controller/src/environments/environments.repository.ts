import type { Db } from './deployment-targets.ts';

export interface EnvironmentRow {
  readonly id: string;
  readonly name: string;
  readonly classification: 'production' | 'test';
  readonly basePath: string;
  readonly gatewayId: string | null;
  readonly gateway: string | null;
  readonly gatewayUrl: string | null;
  readonly migration: string | null;
  readonly migrationState: string | null;
  readonly rowVersion: number;
  readonly createdAt: Date;
}

export interface DeployedApi {
  readonly environmentId: string;
  readonly api: string;
  readonly basePath: string;
  /** Of the document, with its version filled in */
  readonly context: string;
}

/** By name. */
export async function listEnvironments(db: Db): Promise<EnvironmentRow[]> {
  return rowsOf(await db.query<Stored[]>(`${SELECT} ORDER BY lower(environment.name), environment.name`));
}

/** By name or uuid. `null` = no such environment. */
export async function findEnvironment(db: Db, id: string): Promise<EnvironmentRow | null> {
  const rows = await db.query<Stored[]>(
    `${SELECT} WHERE environment.name = $1 OR environment.id::text = lower($1) ORDER BY (environment.name = $1) DESC LIMIT 1`,
    [id],
  );
  return rowsOf(rows)[0] ?? null;
}

export async function deployedApis(db: Db, environmentIds: readonly string[]): Promise<DeployedApi[]> {
  return db.query<DeployedApi[]>(
    `SELECT environment_id AS "environmentId", api.handle AS api, base_path AS "basePath",
            replace(document #>> '{spec,context}', '$version', version) AS context
     FROM deployment JOIN api ON api.id = api_id WHERE environment_id = ANY($1::uuid[]) ORDER BY api.handle`,
    [environmentIds],
  );
}

const SELECT = `
  SELECT environment.id, environment.name, classification, environment.base_path AS "basePath", environment.gateway_id AS "gatewayId",
         gateway.handle AS gateway, coalesce(gateway.public_url, gateway.bind_address) AS "gatewayUrl",
         migration.id AS migration, migration.state AS "migrationState", environment.row_version AS "rowVersion",
         environment.created_at AS "createdAt"
  FROM environment JOIN installation USING (account_id)
  LEFT JOIN gateway ON gateway.id = environment.gateway_id
  LEFT JOIN environment_migration AS migration ON migration.environment_id = environment.id
    AND migration.state IN ('draft', 'preparing', 'overlap', 'draining')`;

type Stored = Omit<EnvironmentRow, 'rowVersion'> & { readonly rowVersion: string };

function rowsOf(stored: readonly Stored[]): EnvironmentRow[] {
  return stored.map((row) => ({ ...row, rowVersion: Number(row.rowVersion) }));
}

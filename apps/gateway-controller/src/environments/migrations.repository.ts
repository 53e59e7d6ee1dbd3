import type { Rehearsal } from '@tidegate/management-api';

import type { Db } from './deployment-targets.ts';
import type { MigrationState } from './migration-state.ts';

export interface MigrationRow {
  readonly id: string;
  readonly environmentId: string;
  readonly environment: string;
  readonly state: MigrationState;
  readonly fromGatewayId: string | null;
  readonly fromGateway: string | null;
  readonly fromPath: string;
  readonly toGatewayId: string | null;
  readonly toGateway: string | null;
  readonly toDeleted: boolean;
  readonly toOff: boolean;
  readonly toPath: string;
  readonly stepsDone: number;
  readonly acknowledged: readonly string[];
  readonly overlapSeconds: number;
  readonly drainSeconds: number;
  readonly preparedVersion: number | null;
  readonly stateSince: Date;
  readonly failure: string | null;
  readonly rehearsing: boolean;
  readonly probe: Rehearsal | null;
  readonly rowVersion: number;
  readonly updatedBy: string;
  readonly updatedAt: Date;
}

export async function listMigrations(db: Db, { open }: { readonly open: boolean }): Promise<MigrationRow[]> {
  return rowsOf(await db.query<Stored[]>(`${SELECT} WHERE (${OPEN}) = $1 ORDER BY migration.created_at DESC LIMIT 1000`, [open]));
}

/** `null` = no such migration. */
export async function findMigration(db: Db, id: string): Promise<MigrationRow | null> {
  return rowsOf(await db.query<Stored[]>(`${SELECT} WHERE migration.id::text = lower($1)`, [id]))[0] ?? null;
}

/** The row as it is now, held until the transaction ends. */
export async function lockMigration(tx: Db, id: string): Promise<MigrationRow | null> {
  await tx.query(`SELECT 1 FROM environment_migration WHERE id = $1 FOR UPDATE`, [id]);
  return findMigration(tx, id);
}

export async function openMigrationOf(db: Db, environmentId: string): Promise<MigrationRow | null> {
  return (
    rowsOf(await db.query<Stored[]>(`${SELECT} WHERE ${OPEN} AND migration.environment_id = $1`, [environmentId]))[0] ?? null
  );
}

/** Those that the worker has to look after. */
export async function runningMigrations(db: Db): Promise<MigrationRow[]> {
  return rowsOf(
    await db.query<Stored[]>(`${SELECT} WHERE state IN ('preparing', 'overlap', 'draining') ORDER BY migration.created_at`),
  );
}

const OPEN = `state IN ('draft', 'preparing', 'overlap', 'draining')`;

const SELECT = `
  SELECT migration.id, environment_id AS "environmentId", environment.name AS environment, state,
         from_gateway_id AS "fromGatewayId", source.handle AS "fromGateway", from_path AS "fromPath",
         to_gateway_id AS "toGatewayId", destination.handle AS "toGateway", destination.deleted_at IS NOT NULL AS "toDeleted",
         to_off AS "toOff", to_path AS "toPath", steps_done AS "stepsDone", acknowledged, overlap_seconds AS "overlapSeconds",
         drain_seconds AS "drainSeconds", prepared_version AS "preparedVersion", state_since AS "stateSince", failure, rehearsing, probe,
         migration.row_version AS "rowVersion", updated_by AS "updatedBy", updated_at AS "updatedAt"
  FROM environment_migration AS migration
  JOIN environment ON environment.id = environment_id
  LEFT JOIN gateway AS source ON source.id = from_gateway_id
  LEFT JOIN gateway AS destination ON destination.id = to_gateway_id`;

type Stored = Omit<MigrationRow, 'rowVersion' | 'preparedVersion'> & {
  readonly rowVersion: string;
  readonly preparedVersion: string | null;
};

function rowsOf(stored: readonly Stored[]): MigrationRow[] {
  return stored.map((row) => ({
    ...row,
    rowVersion: Number(row.rowVersion),
    preparedVersion: row.preparedVersion === null ? null : Number(row.preparedVersion),
  }));
}

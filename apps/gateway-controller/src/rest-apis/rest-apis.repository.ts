import type { RestApiDocument } from '@tidegate/rest-api';

import type { Db } from '../environments/deployment-targets.ts';

export interface ApiRow {
  readonly id: string;
  readonly accountId: string;
  readonly handle: string;
  readonly displayName: string;
  readonly version: string;
  readonly document: RestApiDocument;
  readonly desiredState: 'deployed' | 'undeployed';
  readonly origin: 'gateway_api' | 'control_plane';
  readonly generation: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When it was last asked to be served; `null` = never */
  readonly deployedAt: Date | null;
}

/** By handle, or by uuid; a handle that looks like another API's uuid wins. `null` = no such API. */
export async function findApi(db: Db, id: string): Promise<ApiRow | null> {
  const rows = await db.query<StoredApi[]>(
    `SELECT ${API_COLUMNS} FROM api WHERE ${OURS} AND (handle = $1 OR id = $2::uuid) ORDER BY (handle = $1) DESC LIMIT 1`,
    [id, UUID.test(id) ? id : null],
  );
  return rows[0] === undefined ? null : apiRow(rows[0]);
}

/** By handle alone: what a document means. `null` = no such API. */
export async function findApiByHandle(db: Db, handle: string): Promise<ApiRow | null> {
  const rows = await db.query<StoredApi[]>(`SELECT ${API_COLUMNS} FROM api WHERE ${OURS} AND handle = $1`, [handle]);
  return rows[0] === undefined ? null : apiRow(rows[0]);
}

/** The row as it is now, held until the transaction ends. `null` = deleted meanwhile. */
export async function lockApi(tx: Db, apiId: string): Promise<ApiRow | null> {
  const rows = await tx.query<StoredApi[]>(`SELECT ${API_COLUMNS} FROM api WHERE id = $1 FOR UPDATE`, [apiId]);
  return rows[0] === undefined ? null : apiRow(rows[0]);
}

/** Another API that holds this handle, or this name and version. */
export async function findHolder(
  db: Db,
  wanted: Pick<ApiRow, 'id' | 'handle' | 'displayName' | 'version'>,
): Promise<{ handle: string } | null> {
  const rows = await db.query<{ handle: string }[]>(
    `SELECT handle FROM api
     WHERE ${OURS} AND id <> $1 AND (handle = $2 OR (display_name = $3 AND version = $4))
     ORDER BY (handle = $2) DESC LIMIT 1`,
    [wanted.id, wanted.handle, wanted.displayName, wanted.version],
  );
  return rows[0] ?? null;
}

export async function insertApi(tx: Db, api: Omit<ApiRow, 'accountId'>): Promise<ApiRow> {
  const rows = await tx.query<StoredApi[]>(
    `INSERT INTO api (id, account_id, handle, display_name, version, document, desired_state, origin, generation,
                      created_by, created_at, updated_at, deployed_at)
     VALUES ($1, (SELECT account_id FROM installation), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     RETURNING ${API_COLUMNS}`,
    [
      api.id,
      api.handle,
      api.displayName,
      api.version,
      JSON.stringify(api.document),
      api.desiredState,
      api.origin,
      api.generation,
      api.createdBy,
      api.createdAt,
      api.updatedAt,
      api.deployedAt,
    ],
  );
  return apiRow(rows[0] as StoredApi);
}

export async function updateApi(tx: Db, api: ApiRow): Promise<void> {
  await tx.query(
    `UPDATE api SET display_name = $2, version = $3, document = $4, desired_state = $5, generation = $6, updated_at = $7, deployed_at = $8
     WHERE id = $1`,
    [
      api.id,
      api.displayName,
      api.version,
      JSON.stringify(api.document),
      api.desiredState,
      api.generation,
      api.updatedAt,
      api.deployedAt,
    ],
  );
}

/** Its deployments and keys go with it. */
export async function deleteApi(tx: Db, apiId: string): Promise<void> {
  await tx.query(`DELETE FROM api WHERE id = $1`, [apiId]);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** One installation = one account (decision 28). */
const OURS = `account_id = (SELECT account_id FROM installation)`;

export const API_COLUMNS = `id, account_id AS "accountId", handle, display_name AS "displayName", version, document,
  desired_state AS "desiredState", origin, generation, created_by AS "createdBy", created_at AS "createdAt",
  updated_at AS "updatedAt", deployed_at AS "deployedAt"`;

/** As the driver reads it: 64-bit integers are text. */
export type StoredApi = Omit<ApiRow, 'generation'> & { readonly generation: string };

export function apiRow(stored: StoredApi): ApiRow {
  return { ...stored, generation: Number(stored.generation) };
}

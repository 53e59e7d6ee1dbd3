import type { RestApiDocument } from '@tidegate/rest-api';

import type { Db } from '../environments/deployment-targets.ts';
import type { ApiRow } from '../rest-apis/rest-apis.repository.ts';

/** Of each API the newest are kept (invariant 9). */
const REVISIONS_MAX = 100;

export interface RevisionRow {
  readonly generation: number;
  readonly desiredState: 'deployed' | 'undeployed';
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly restoredFrom: number | null;
}

/** In the transaction that writes the API. */
export async function insertRevision(tx: Db, api: ApiRow, by: string, restoredFrom: number | null): Promise<void> {
  await tx.query(
    `INSERT INTO api_revision (api_id, generation, document, desired_state, created_by, created_at, restored_from)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [api.id, api.generation, JSON.stringify(api.document), api.desiredState, by, api.updatedAt, restoredFrom],
  );
  await tx.query(
    `DELETE FROM api_revision WHERE api_id = $1 AND generation < (
       SELECT min(generation) FROM (
         SELECT generation FROM api_revision WHERE api_id = $1 ORDER BY generation DESC LIMIT ${REVISIONS_MAX}) AS newest)`,
    [api.id],
  );
}

/** Newest first. */
export async function listRevisions(db: Db, apiId: string, { limit, offset }: { limit: number; offset: number }) {
  const rows = await db.query<StoredRevision[]>(
    `SELECT ${COLUMNS} FROM api_revision WHERE api_id = $1 ORDER BY generation DESC LIMIT $2 OFFSET $3`,
    [apiId, limit, offset],
  );
  const [counted] = await db.query<{ total: string }[]>(`SELECT count(*) AS total FROM api_revision WHERE api_id = $1`, [apiId]);
  return { revisions: rows.map(revisionRow), total: Number(counted?.total) };
}

/** `null` = never was, or is kept no longer. */
export async function findRevision(
  db: Db,
  apiId: string,
  generation: number,
): Promise<(RevisionRow & { readonly document: RestApiDocument }) | null> {
  const rows = await db.query<(StoredRevision & { document: RestApiDocument })[]>(
    `SELECT ${COLUMNS}, document FROM api_revision WHERE api_id = $1 AND generation = $2`,
    [apiId, generation],
  );
  return rows[0] === undefined ? null : { ...revisionRow(rows[0]), document: rows[0].document };
}

const COLUMNS = `generation, desired_state AS "desiredState", created_by AS "createdBy", created_at AS "createdAt",
  restored_from AS "restoredFrom"`;

/** As the driver reads it: 64-bit integers are text. */
type StoredRevision = Omit<RevisionRow, 'generation' | 'restoredFrom'> & {
  readonly generation: string;
  readonly restoredFrom: string | null;
};

function revisionRow({ restoredFrom, ...row }: StoredRevision): RevisionRow {
  return { ...row, generation: Number(row.generation), restoredFrom: restoredFrom === null ? null : Number(restoredFrom) };
}

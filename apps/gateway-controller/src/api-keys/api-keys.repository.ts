import type { Db } from '../environments/deployment-targets.ts';

/** What is kept of a key. The key itself is in the answer that made it, and nowhere else. */
export interface ApiKeyRow {
  readonly id: string;
  readonly apiId: string;
  readonly name: string;
  readonly masked: string;
  readonly source: 'local' | 'external' | 'control_plane';
  readonly issuer: string | null;
  readonly externalRefId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date | null;
  /** Since when a router's word that it was revoked keeps it from being served; `null` = it is served */
  readonly heldAt: Date | null;
}

/** Newest first. `createdBy`: only that user's, `null`: everybody's. */
export async function listKeys(db: Db, apiId: string, createdBy: string | null): Promise<ApiKeyRow[]> {
  return db.query<ApiKeyRow[]>(
    `SELECT ${COLUMNS} FROM api_key WHERE api_id = $1 AND ($2::text IS NULL OR created_by = $2) ORDER BY created_at DESC, id`,
    [apiId, createdBy],
  );
}

/** By uuid or by name, held until the transaction ends. A name that looks like another key's uuid wins. `null` = no such key. */
export async function lockKey(tx: Db, apiId: string, key: string): Promise<ApiKeyRow | null> {
  const rows = await tx.query<ApiKeyRow[]>(
    `SELECT ${COLUMNS} FROM api_key WHERE api_id = $1 AND (name = $2 OR id::text = lower($2)) ORDER BY (name = $2) DESC LIMIT 1 FOR UPDATE`,
    [apiId, key],
  );
  return rows[0] ?? null;
}

/** How many of an API's keys a user holds that still work, or may work again. */
export async function countActiveKeys(db: Db, apiId: string, createdBy: string): Promise<number> {
  const rows = await db.query<{ count: string }[]>(
    `SELECT count(*) FROM api_key WHERE api_id = $1 AND created_by = $2 AND (expires_at IS NULL OR expires_at > now())`,
    [apiId, createdBy],
  );
  return Number(rows[0]?.count);
}

export async function keyNameExists(db: Db, apiId: string, name: string): Promise<boolean> {
  const rows = await db.query<unknown[]>(`SELECT 1 FROM api_key WHERE api_id = $1 AND name = $2`, [apiId, name]);
  return rows.length > 0;
}

export async function keyIdsOf(db: Db, apiId: string): Promise<string[]> {
  const rows = await db.query<{ id: string }[]>(`SELECT id FROM api_key WHERE api_id = $1 ORDER BY id`, [apiId]);
  return rows.map(({ id }) => id);
}

/** `digest`: SHA-256 of the key, 32 bytes. */
export async function insertKey(tx: Db, key: ApiKeyRow, digest: Buffer): Promise<void> {
  await tx.query(
    `INSERT INTO api_key (id, account_id, api_id, name, digest, masked, source, issuer, external_ref_id,
                          created_by, created_at, updated_at, expires_at)
     VALUES ($1, (SELECT account_id FROM installation), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      key.id,
      key.apiId,
      key.name,
      digest,
      key.masked,
      key.source,
      key.issuer,
      key.externalRefId,
      key.createdBy,
      key.createdAt,
      key.updatedAt,
      key.expiresAt,
    ],
  );
}

/** The held key is served again, under an id that no router has seen removed. */
export async function releaseKey(tx: Db, keyId: string, newId: string): Promise<ApiKeyRow> {
  const [[row]] = await tx.query<[ApiKeyRow[], number]>(
    `UPDATE api_key SET id = $2, held_at = NULL, updated_at = now() WHERE id = $1 RETURNING ${COLUMNS}`,
    [keyId, newId],
  );
  return row as ApiKeyRow; // locked by the caller
}

/** Name and value are free again; the id is never used again. */
export async function deleteKey(tx: Db, keyId: string): Promise<void> {
  await tx.query(`DELETE FROM api_key WHERE id = $1`, [keyId]);
}

const COLUMNS = `id, api_id AS "apiId", name, masked, source, issuer, external_ref_id AS "externalRefId", created_by AS "createdBy",
  created_at AS "createdAt", updated_at AS "updatedAt", expires_at AS "expiresAt", held_at AS "heldAt"`;

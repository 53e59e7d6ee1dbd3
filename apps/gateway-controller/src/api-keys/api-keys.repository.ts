import type { Db } from '../environments/deployment-targets.ts';

/** What is kept of a key. The key itself is in the answer that made it, and nowhere else. */
export interface ApiKeyRow {
  /** What routers know it by; another with every new value */
  readonly id: string;
  /** What its owner knows it by; never another */
  readonly publicId: string;
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
  /** +1 with every value it gets */
  readonly generation: number;
}

export interface KeyFilter {
  /** Only that user's; `null` = everybody's */
  readonly createdBy: string | null;
  readonly limit: number;
  readonly offset: number;
}

/** Newest first; `total` counts without paging. */
export async function listKeys(
  db: Db,
  apiId: string,
  { createdBy, limit, offset }: KeyFilter,
): Promise<{ keys: ApiKeyRow[]; total: number }> {
  const matching = `api_id = $1 AND ($2::text IS NULL OR created_by = $2)`;
  const keys = await db.query<ApiKeyRow[]>(
    `SELECT ${COLUMNS} FROM api_key WHERE ${matching} ORDER BY created_at DESC, id LIMIT $3 OFFSET $4`,
    [apiId, createdBy, limit, offset],
  );
  const [counted] = await db.query<{ total: string }[]>(`SELECT count(*) AS total FROM api_key WHERE ${matching}`, [
    apiId,
    createdBy,
  ]);
  return { keys, total: Number(counted?.total) };
}

/** By uuid or by name, held until the transaction ends. A name that looks like another key's uuid wins. `null` = no such key. */
export async function lockKey(tx: Db, apiId: string, key: string): Promise<ApiKeyRow | null> {
  const rows = await tx.query<ApiKeyRow[]>(
    `SELECT ${COLUMNS} FROM api_key WHERE api_id = $1 AND (name = $2 OR coalesce(public_id, id)::text = lower($2)) ORDER BY (name = $2) DESC LIMIT 1 FOR UPDATE`,
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
    `UPDATE api_key SET id = $2, public_id = coalesce(public_id, id), held_at = NULL, updated_at = now(), generation = generation + 1
     WHERE id = $1 RETURNING ${COLUMNS}`,
    [keyId, newId],
  );
  return row as ApiKeyRow; // locked by the caller
}

/** What a key is from now on; `id` is new, so that every router refuses the old value for ever. */
export type NewValue = Pick<ApiKeyRow, 'id' | 'masked' | 'issuer' | 'externalRefId' | 'expiresAt'> & { readonly digest: Buffer };

/** A key that was held is held no longer: the value that a router saw revoked is gone. */
export async function replaceKeyValue(tx: Db, keyId: string, value: NewValue): Promise<ApiKeyRow> {
  const [[row]] = await tx.query<[ApiKeyRow[], number]>(
    `UPDATE api_key SET id = $2, public_id = coalesce(public_id, id), digest = $3, masked = $4, issuer = $5, external_ref_id = $6,
            expires_at = $7, held_at = NULL, updated_at = now(), generation = generation + 1
     WHERE id = $1 RETURNING ${COLUMNS}`,
    [keyId, value.id, value.digest, value.masked, value.issuer, value.externalRefId, value.expiresAt],
  );
  return row as ApiKeyRow; // locked by the caller
}

/** Name and value are free again; the id is never used again. */
export async function deleteKey(tx: Db, keyId: string): Promise<void> {
  await tx.query(`DELETE FROM api_key WHERE id = $1`, [keyId]);
}

const COLUMNS = `id, coalesce(public_id, id) AS "publicId", api_id AS "apiId", name, masked, source, issuer, external_ref_id AS "externalRefId", created_by AS "createdBy",
  created_at AS "createdAt", updated_at AS "updatedAt", expires_at AS "expiresAt", held_at AS "heldAt", generation::int`;

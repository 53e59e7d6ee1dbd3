import type { Db } from '../environments/deployment-targets.ts';

export interface SecretRow {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly description: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Sealed; what is in it is known to the routers of the APIs that use it alone */
  readonly envelope: string;
  readonly generation: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** By name; `total` counts without paging. */
export async function listSecrets(
  db: Db,
  { search = '', limit, offset }: { readonly search?: string | undefined; readonly limit: number; readonly offset: number },
): Promise<{ secrets: SecretRow[]; total: number }> {
  const matching = `${OURS} AND position(lower($1) in lower(name || ' ' || display_name)) > 0`;
  const secrets = await db.query<StoredSecret[]>(
    `SELECT ${COLUMNS} FROM secret WHERE ${matching} ORDER BY name LIMIT $2 OFFSET $3`,
    [search, limit, offset],
  );
  const [counted] = await db.query<{ total: string }[]>(`SELECT count(*) AS total FROM secret WHERE ${matching}`, [search]);
  return { secrets: secrets.map(secretRow), total: Number(counted?.total) };
}

/** `null` = no such secret. */
export async function findSecret(db: Db, name: string): Promise<SecretRow | null> {
  return read(db, name, '');
}

/** Held until the transaction ends: no document comes to name it meanwhile. `null` = no such secret. */
export async function lockSecret(tx: Db, name: string): Promise<SecretRow | null> {
  return read(tx, name, 'FOR UPDATE');
}

async function read(db: Db, name: string, lock: string): Promise<SecretRow | null> {
  const rows = await db.query<StoredSecret[]>(`SELECT ${COLUMNS} FROM secret WHERE ${OURS} AND name = $1 ${lock}`, [name]);
  return rows[0] === undefined ? null : secretRow(rows[0]);
}

export async function countSecrets(db: Db): Promise<number> {
  const [counted] = await db.query<{ count: string }[]>(`SELECT count(*) FROM secret WHERE ${OURS}`);
  return Number(counted?.count);
}

/** @throws a unique violation for a taken name */
export async function insertSecret(tx: Db, row: SecretRow): Promise<void> {
  await tx.query(
    `INSERT INTO secret (id, account_id, name, display_name, description, labels, annotations, envelope, generation, created_by,
                         created_at, updated_at)
     VALUES ($1, (SELECT account_id FROM installation), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      row.id,
      row.name,
      row.displayName,
      row.description,
      JSON.stringify(row.labels),
      JSON.stringify(row.annotations),
      row.envelope,
      row.generation,
      row.createdBy,
      row.createdAt,
      row.updatedAt,
    ],
  );
}

export async function updateSecret(tx: Db, row: SecretRow): Promise<void> {
  await tx.query(
    `UPDATE secret SET display_name = $2, description = $3, labels = $4, annotations = $5, envelope = $6, generation = $7, updated_at = $8
     WHERE id = $1`,
    [
      row.id,
      row.displayName,
      row.description,
      JSON.stringify(row.labels),
      JSON.stringify(row.annotations),
      row.envelope,
      row.generation,
      row.updatedAt,
    ],
  );
}

export async function deleteSecret(tx: Db, id: string): Promise<void> {
  await tx.query(`DELETE FROM secret WHERE id = $1`, [id]);
}

type StoredSecret = Omit<SecretRow, 'generation'> & { readonly generation: string };

function secretRow(stored: StoredSecret): SecretRow {
  return { ...stored, generation: Number(stored.generation) };
}

/** One installation = one account (decision 28). */
const OURS = `account_id = (SELECT account_id FROM installation)`;

const COLUMNS = `id, name, display_name AS "displayName", description, labels, annotations, envelope, generation,
  created_by AS "createdBy", created_at AS "createdAt", updated_at AS "updatedAt"`;

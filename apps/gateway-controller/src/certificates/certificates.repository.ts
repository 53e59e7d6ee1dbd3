import type { Db } from '../environments/deployment-targets.ts';

export interface CertificateRow {
  readonly id: string;
  readonly name: string;
  readonly pem: string;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly count: number;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** How much there is of all. */
export interface CertificateTotals {
  readonly count: number;
  readonly bytes: number;
}

/** By name; `total` counts without paging. */
export async function listCertificates(
  db: Db,
  { search = '', limit, offset }: { readonly search?: string | undefined; readonly limit: number; readonly offset: number },
): Promise<{ certificates: CertificateRow[]; total: number }> {
  const matching = `${OURS} AND position(lower($1) in lower(name || ' ' || subject)) > 0`;
  const certificates = await db.query<CertificateRow[]>(
    `SELECT ${COLUMNS} FROM certificate WHERE ${matching} ORDER BY name LIMIT $2 OFFSET $3`,
    [search, limit, offset],
  );
  const [counted] = await db.query<{ total: string }[]>(`SELECT count(*) AS total FROM certificate WHERE ${matching}`, [search]);
  return { certificates, total: Number(counted?.total) };
}

export async function certificateTotals(db: Db): Promise<CertificateTotals> {
  const [totals] = await db.query<{ count: string; bytes: string }[]>(
    `SELECT count(*), coalesce(sum(octet_length(pem)), 0) AS bytes FROM certificate WHERE ${OURS}`,
  );
  return { count: Number(totals?.count), bytes: Number(totals?.bytes) };
}

/** `null` = no such certificate. */
export async function findCertificate(db: Db, id: string): Promise<CertificateRow | null> {
  const rows = await db.query<CertificateRow[]>(`SELECT ${COLUMNS} FROM certificate WHERE ${OURS} AND id::text = lower($1)`, [
    id,
  ]);
  return rows[0] ?? null;
}

/** No gateway is made, and no certificate changes, until the transaction ends. */
export async function lockCertificates(tx: Db): Promise<void> {
  await tx.query(`SELECT tidegate_lock_certificates()`);
}

/** @throws a unique violation for a taken name */
export async function insertCertificate(tx: Db, row: CertificateRow): Promise<void> {
  const { id, name, pem, subject, issuer, notBefore, notAfter, count, createdBy, createdAt } = row;
  await tx.query(
    `INSERT INTO certificate (id, account_id, name, pem, subject, issuer, not_before, not_after, count, created_by, created_at)
     VALUES ($1, (SELECT account_id FROM installation), $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [id, name, pem, subject, issuer, notBefore, notAfter, count, createdBy, createdAt],
  );
}

/** Whether it was there. */
export async function deleteCertificate(tx: Db, id: string): Promise<boolean> {
  const [gone] = await tx.query<[unknown[], number]>(`DELETE FROM certificate WHERE id = $1 RETURNING id`, [id]);
  return gone.length > 0;
}

export async function certificateIds(db: Db): Promise<string[]> {
  const rows = await db.query<{ id: string }[]>(`SELECT id FROM certificate WHERE ${OURS} ORDER BY id`);
  return rows.map(({ id }) => id);
}

/** One installation = one account (decision 28). */
const OURS = `account_id = (SELECT account_id FROM installation)`;

const COLUMNS = `id, name, pem, subject, issuer, not_before AS "notBefore", not_after AS "notAfter", count, created_by AS "createdBy",
  created_at AS "createdAt"`;

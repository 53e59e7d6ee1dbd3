import { Inject, Injectable } from '@nestjs/common';
import type { AuditList, AuditListQuery } from '@tidegate/management-api';
import type { Pool } from 'pg';

import { PG_POOL } from '../database/database.module.ts';

export interface AuditedRequest {
  readonly actor: string;
  readonly action: string;
  readonly path: string;
  readonly requestId: string;
  readonly client: string | null;
}

/** Who asked for which change. Kept for 90 days (change-log/housekeeping). */
@Injectable()
export class AuditLog {
  readonly #pool: Pool;

  constructor(@Inject(PG_POOL) pool: Pool) {
    this.#pool = pool;
  }

  /** Before the change is made. Answers the entry's id. @throws when it cannot be written: then nothing may be changed */
  async begin({ actor, action, path, requestId, client }: AuditedRequest): Promise<string> {
    const { rows } = await this.#pool.query<{ id: string }>(BEGIN, [actor, action, path.slice(0, 1024), requestId, client]);
    return (rows[0] as { id: string }).id;
  }

  async end(id: string, status: number, code: string | null): Promise<void> {
    await this.#pool.query(`UPDATE audit_entry SET status = $2, code = $3 WHERE id = $1`, [id, status, code]);
  }

  async list({ actor, action, path, from, to, limit, offset }: AuditListQuery): Promise<AuditList> {
    const matching = [actor || null, action || null, path || null, from ?? null, to ?? null];
    const { rows } = await this.#pool.query<Row>(`${SELECT} ORDER BY at DESC, id DESC LIMIT $6 OFFSET $7`, [
      ...matching,
      limit,
      offset,
    ]);
    const counted = await this.#pool.query<{ total: string }>(`SELECT count(*) AS total FROM (${SELECT}) AS matching`, matching);
    const entries = rows.map((row) => ({ ...row, id: Number(row.id), at: row.at.toISOString() }));
    return { status: 'success', count: entries.length, total: Number(counted.rows[0]?.total), limit, offset, entries };
  }
}

interface Row {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly path: string;
  readonly requestId: string;
  readonly client: string | null;
  readonly status: number | null;
  readonly code: string | null;
}

const BEGIN = `
  INSERT INTO audit_entry (account_id, actor, action, path, request_id, client)
  VALUES ((SELECT account_id FROM installation), $1, $2, $3, $4, $5) RETURNING id`;

const SELECT = `
  SELECT id, at, actor, action, path, request_id AS "requestId", client, status, code FROM audit_entry
  WHERE account_id = (SELECT account_id FROM installation)
    AND ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR action = $2) AND ($3::text IS NULL OR starts_with(path, $3))
    AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)`;

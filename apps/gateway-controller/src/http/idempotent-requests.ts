import { hash, hkdfSync } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';

import { PG_POOL } from '../database/database.module.ts';
import { openBytes, sealBytes } from '../sealing/aes-gcm.ts';

/** Answers larger than this are not kept: the POST counts as never repeated. */
const ANSWER_BYTES_MAX = 2 * 1024 * 1024;

/** A request that was not answered for so long was lost with its process. */
const ABANDONED_AFTER_S = 60;

export interface IdempotentRequest {
  readonly caller: string;
  /** As sent */
  readonly key: string;
  /** Method, path, query and body: what must be equal in a repetition */
  readonly content: string;
}

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type Claim =
  | { readonly is: 'new' }
  | { readonly is: 'answered'; readonly answer: KeptAnswer }
  | { readonly is: 'running' }
  | { readonly is: 'other' };

/**
 * What was answered to POSTs with an Idempotency-Key, for a day. The key itself is not stored: it seals the answer, which may hold
 * what nobody else may ever read (a new API key). One statement decides which of two racing repetitions goes on.
 */
@Injectable()
export class IdempotentRequests {
  readonly #pool: Pool;

  constructor(@Inject(PG_POOL) pool: Pool) {
    this.#pool = pool;
  }

  async claim(request: IdempotentRequest): Promise<Claim> {
    const values = [request.caller, digest(request.key), digest(request.content)];
    const claimed = await this.#pool.query(CLAIM, [...values, ABANDONED_AFTER_S]);
    if (claimed.rowCount === 1) return { is: 'new' };
    const { rows } = await this.#pool.query<Row>(FIND, values.slice(0, 2));
    const [row] = rows;
    if (row === undefined) return { is: 'running' }; // forgotten in this moment: the other one failed
    if (!row.request_digest.equals(values[2] as Buffer)) return { is: 'other' };
    if (row.answer === null || row.status === null) return { is: 'running' };
    const opened = openBytes(sealKey(request), row.answer, request.caller);
    if (opened === null) return { is: 'other' };
    const { headers, body } = JSON.parse(opened.toString()) as Pick<KeptAnswer, 'headers' | 'body'>;
    return { is: 'answered', answer: { status: row.status, headers, body } };
  }

  async keep(request: IdempotentRequest, { status, headers, body }: KeptAnswer): Promise<void> {
    const plain = Buffer.from(JSON.stringify({ headers, body }));
    if (plain.length > ANSWER_BYTES_MAX) return this.forget(request);
    const sealed = sealBytes(sealKey(request), plain, request.caller);
    await this.#pool.query(KEEP, [request.caller, digest(request.key), status, sealed]);
  }

  /** What was refused may be tried again under the same key. */
  async forget(request: IdempotentRequest): Promise<void> {
    await this.#pool.query(FORGET, [request.caller, digest(request.key)]);
  }
}

interface Row {
  readonly request_digest: Buffer;
  readonly status: number | null;
  readonly answer: Buffer | null;
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function sealKey({ key, caller }: IdempotentRequest): Buffer {
  return Buffer.from(hkdfSync('sha256', key, caller, 'tidegate idempotent answer', 32));
}

const OURS = `account_id = (SELECT account_id FROM installation) AND caller = $1 AND key_digest = $2`;

const CLAIM = `
  INSERT INTO idempotent_request (account_id, caller, key_digest, request_digest)
  VALUES ((SELECT account_id FROM installation), $1, $2, $3)
  ON CONFLICT (account_id, caller, key_digest) DO UPDATE SET created_at = now()
  WHERE idempotent_request.status IS NULL
    AND idempotent_request.request_digest = excluded.request_digest
    AND idempotent_request.created_at < now() - $4 * interval '1 second'
  RETURNING 1`;

const FIND = `SELECT request_digest, status, answer FROM idempotent_request WHERE ${OURS}`;

const KEEP = `UPDATE idempotent_request SET status = $3, answer = $4 WHERE ${OURS}`;

const FORGET = `DELETE FROM idempotent_request WHERE ${OURS} AND status IS NULL`;

import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { JOIN_TOKEN_TTL_MS } from '@tidegate/management-api';
import { DataSource, type EntityManager } from 'typeorm';

import { NodeCredentials, type IssuedCredential } from './node-credentials.ts';
import { newToken, tokenDigest } from './token.ts';

/** The answer to a Join may be lost on the way: the same node may ask again for this long. */
const REPEAT_MS = 60_000;

export interface JoinToken {
  readonly id: string;
  /** Shown once; only its digest is stored */
  readonly token: string;
  readonly expiresAt: Date;
}

/** What is known of a token; itself it is not stored. */
export interface StoredToken {
  readonly id: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  readonly usedByNode: string | null;
}

/** Tokens that turn a machine into a node of one gateway, each once (decision 27). */
@Injectable()
export class JoinTokens {
  readonly #dataSource: DataSource;
  readonly #credentials: NodeCredentials;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(NodeCredentials) credentials: NodeCredentials) {
    this.#dataSource = dataSource;
    this.#credentials = credentials;
  }

  /** @throws RangeError outside 30 min to 24 h */
  async issue(gatewayId: string, ttlMs: number, by: string): Promise<JoinToken> {
    if (!(ttlMs >= JOIN_TOKEN_TTL_MS.min && ttlMs <= JOIN_TOKEN_TTL_MS.max)) {
      throw new RangeError('A join token lives from 30 minutes to 24 hours');
    }
    const token = newToken('tgj');
    const id = randomUUID();
    const [row] = await this.#dataSource.query<{ expires_at: Date }[]>(
      `INSERT INTO join_token (id, gateway_id, digest, created_by, expires_at)
       VALUES ($1, $2, $3, $4, now() + $5 * interval '1 millisecond') RETURNING expires_at`,
      [id, gatewayId, tokenDigest(token), by, ttlMs],
    );
    return { id, token, expiresAt: row?.expires_at ?? new Date(Date.now() + ttlMs) };
  }

  /** Those that were not used and have not expired, and those used lately; newest first. */
  async list(gatewayId: string): Promise<StoredToken[]> {
    return this.#dataSource.query<StoredToken[]>(
      `SELECT id, created_by AS "createdBy", created_at AS "createdAt", expires_at AS "expiresAt", used_at AS "usedAt",
              used_by_node AS "usedByNode"
       FROM join_token WHERE gateway_id = $1 ORDER BY created_at DESC, id`,
      [gatewayId],
    );
  }

  /** A token that is not there any more buys nothing either. */
  async remove(gatewayId: string, id: string): Promise<void> {
    await this.#dataSource.query(`DELETE FROM join_token WHERE gateway_id = $1 AND id::text = lower($2)`, [gatewayId, id]);
  }

  /** Uses the token up for this node. `null`: unknown, expired or used. */
  async exchange(token: string, nodeId: string): Promise<IssuedCredential | null> {
    return this.#dataSource.transaction(async (tx) => {
      const gatewayId = await use(tx, token, nodeId);
      return gatewayId === null ? null : this.#credentials.issue(tx, gatewayId, nodeId);
    });
  }
}

/** The row lock of the UPDATE makes one of two racing nodes win. */
async function use(tx: EntityManager, token: string, nodeId: string): Promise<string | null> {
  const [rows] = await tx.query<[{ gateway_id: string }[], number]>(
    `UPDATE join_token SET used_at = coalesce(used_at, now()), used_by_node = $2
     WHERE digest = $1 AND expires_at > now()
       AND NOT EXISTS (SELECT 1 FROM gateway WHERE gateway.id = gateway_id AND deleted_at IS NOT NULL)
       AND (used_at IS NULL OR (used_by_node = $2 AND used_at > now() - $3 * interval '1 millisecond'))
     RETURNING gateway_id`,
    [tokenDigest(token), nodeId, REPEAT_MS],
  );
  return rows[0]?.gateway_id ?? null;
}

import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import type { ControllerConfig } from '../config.ts';
import { CONFIG } from '../settings.module.ts';
import { newToken, tokenDigest } from './token.ts';

/** Who a credential speaks for: one node of one gateway. Times in ms since the epoch, PostgreSQL's clock. */
export interface NodeIdentity {
  readonly credentialId: string;
  readonly gatewayId: string;
  readonly gatewayHandle: string;
  readonly nodeId: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

export interface IssuedCredential extends NodeIdentity {
  /** Handed over once; only its digest is stored */
  readonly credential: string;
}

interface Row {
  readonly id: string;
  readonly gateway_id: string;
  readonly gateway_handle: string;
  readonly node_id: string;
  readonly issued_at: Date;
  readonly expires_at: Date;
}

@Injectable()
export class NodeCredentials {
  readonly #dataSource: DataSource;
  readonly #lifetimeMs: number;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(CONFIG) config: { readonly controller: Pick<ControllerConfig['controller'], 'discovery'> },
  ) {
    this.#dataSource = dataSource;
    this.#lifetimeMs = config.controller.discovery.credential_lifetime;
  }

  /** A further credential for the node; those it has stay valid until they expire. `tx`: within the caller's transaction. */
  async issue(tx: EntityManager | null, gatewayId: string, nodeId: string): Promise<IssuedCredential> {
    const credential = newToken('tgn');
    const [row] = await (tx ?? this.#dataSource.manager).query<Row[]>(
      `WITH issued AS (
         INSERT INTO node_credential (id, gateway_id, node_id, digest, expires_at)
         VALUES ($1, $2, $3, $4, now() + $5 * interval '1 millisecond') RETURNING *)
       SELECT issued.*, gateway.handle AS gateway_handle FROM issued JOIN gateway ON gateway.id = issued.gateway_id`,
      [randomUUID(), gatewayId, nodeId, tokenDigest(credential), this.#lifetimeMs],
    );
    if (row === undefined) throw new Error(`No gateway ${gatewayId}`);
    return { ...identityOf(row), credential };
  }

  /** `null`: unknown, expired or revoked, or its gateway is deleted. */
  async verify(credential: string): Promise<NodeIdentity | null> {
    const [row] = await this.#dataSource.query<Row[]>(
      `SELECT credential.*, gateway.handle AS gateway_handle
       FROM node_credential AS credential JOIN gateway ON gateway.id = credential.gateway_id
       WHERE digest = $1 AND expires_at > now() AND revoked_at IS NULL AND gateway.deleted_at IS NULL`,
      [tokenDigest(credential)],
    );
    return row === undefined ? null : identityOf(row);
  }

  /** Those of the given credentials that are revoked or expired, or whose gateway is deleted. */
  async refused(credentialIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#dataSource.query<{ id: string }[]>(
      `SELECT wanted.id FROM unnest($1::uuid[]) AS wanted(id)
       WHERE NOT EXISTS (
         SELECT 1 FROM node_credential AS credential JOIN gateway ON gateway.id = credential.gateway_id
         WHERE credential.id = wanted.id AND expires_at > now() AND revoked_at IS NULL AND gateway.deleted_at IS NULL)`,
      [credentialIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Every credential of the node, at once; its streams close within a second on every replica. Answers how many. */
  async revoke(gatewayId: string, nodeId: string): Promise<number> {
    const [rows] = await this.#dataSource.query<[{ id: string }[], number]>(
      `UPDATE node_credential SET revoked_at = now() WHERE gateway_id = $1 AND node_id = $2 AND revoked_at IS NULL RETURNING id`,
      [gatewayId, nodeId],
    );
    await this.#dataSource.query(`SELECT pg_notify('tidegate_credential', $1)`, [gatewayId]);
    return rows.length;
  }
}

function identityOf(row: Row): NodeIdentity {
  return {
    credentialId: row.id,
    gatewayId: row.gateway_id,
    gatewayHandle: row.gateway_handle,
    nodeId: row.node_id,
    issuedAtMs: row.issued_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
  };
}

/** Renewed on the stream well before half of its life is over, so that a node may be away for the other half. */
export function isDueForRenewal({ issuedAtMs, expiresAtMs }: NodeIdentity, nowMs: number): boolean {
  return nowMs - issuedAtMs > 0.4 * (expiresAtMs - issuedAtMs);
}

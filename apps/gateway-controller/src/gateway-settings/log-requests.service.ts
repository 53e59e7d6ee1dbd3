import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { LogRequest, LogRequestItem } from '@tidegate/management-api';
import { strToU8, zipSync, type Zippable } from 'fflate';
import { DataSource } from 'typeorm';

import type { Db } from '../environments/deployment-targets.ts';
import { GatewaysService } from '../gateways/gateways.service.ts';
import { orderNodes } from '../gateways/node-commands.ts';
import { badRequest, conflict, notFound } from '../http/api-error.ts';

/** A day further back nobody keeps. */
const DAYS_BACK = 7;
/** A node that has not answered by then does not. */
const ANSWER_SECONDS = 60;
/** How long the logs lie here for who asked for them. */
const KEPT_SECONDS = 3600;

/** Logs of routers: asked for over their streams, kept here until somebody has downloaded them, for an hour at most. */
@Injectable()
export class LogRequests {
  readonly #dataSource: DataSource;
  readonly #db: Db;
  readonly #gateways: GatewaysService;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(GatewaysService) gateways: GatewaysService) {
    this.#dataSource = dataSource;
    this.#db = dataSource.manager;
    this.#gateways = gateways;
  }

  /** @throws ApiError 400 for a day of which nobody keeps anything, 404, 409 when no router is there to answer */
  async create(
    gatewayId: string,
    { date = '', nodes, includeCrash, includeConfig }: LogRequest,
    by: string,
  ): Promise<LogRequestItem> {
    const gateway = await this.#gateways.one(gatewayId);
    refuseOtherDays(date);
    const id = randomUUID();
    await this.#dataSource.transaction(async (tx) => {
      const live = await tx.query<{ id: string }[]>(
        `SELECT node_id AS id FROM node WHERE gateway_id = $1 AND lease_until > now() AND ($2::text[] IS NULL OR node_id = ANY($2))`,
        [gateway.id, nodes ?? null],
      );
      if (live.length === 0) throw conflict('GATEWAY_OFFLINE', 'No such router is connected; logs come from routers that are');
      await tx.query(`DELETE FROM log_request WHERE created_at < now() - $1 * interval '1 second'`, [KEPT_SECONDS * 24]);
      await tx.query(
        `DELETE FROM log_part USING log_request WHERE log_request.id = request_id AND created_at < now() - $1 * interval '1 second'`,
        [KEPT_SECONDS],
      );
      await tx.query(`INSERT INTO log_request (id, gateway_id, log_date, requested_by) VALUES ($1, $2, $3, $4)`, [
        id,
        gateway.id,
        date,
        by,
      ]);
      const nodeIds = live.map((node) => node.id);
      const payload = { requestId: id, date, includeCrash, includeConfig };
      await orderNodes(tx, { gatewayId: gateway.id, nodeIds, kind: 'collect-logs', payload });
    });
    return this.one(gateway.id, id);
  }

  /** @throws ApiError 404 */
  async one(gatewayId: string, id: string): Promise<LogRequestItem> {
    const gateway = await this.#gateways.one(gatewayId);
    const [row] = await this.#db.query<StoredRequest[]>(REQUEST, [id, gateway.id, KEPT_SECONDS, ANSWER_SECONDS]);
    if (row === undefined) throw notFound(`Log request '${id.slice(0, 64)}' not found`);
    const nodes = await this.#db.query<LogRequestItem['nodes']>(NODES, [row.id]);
    const day = row.date === '' ? row.requestedAt.toISOString().slice(0, 10) : row.date;
    return {
      id: row.id,
      state: stateOf(row, nodes),
      requestedBy: row.requestedBy,
      requestedAt: row.requestedAt.toISOString(),
      expiresAt: new Date(row.requestedAt.getTime() + KEPT_SECONDS * 1000).toISOString(),
      fileName: `gateway_${gateway.handle}_${day}_log.zip`,
      bytes: Number(row.bytes),
      nodes,
    };
  }

  /** @throws ApiError 404, 409 when there is nothing to download (yet, or any more) */
  async content(gatewayId: string, id: string): Promise<{ readonly fileName: string; readonly zip: Buffer }> {
    const request = await this.one(gatewayId, id);
    if (request.state !== 'READY') throw conflict(`LOGS_${request.state}`, TEXTS[request.state]);
    const parts = await this.#db.query<{ node_id: string; name: string; data: Buffer }[]>(
      `SELECT node_id, name, string_agg(data, '' ORDER BY id) AS data FROM log_part WHERE request_id = $1 GROUP BY node_id, name`,
      [request.id],
    );
    const files: Zippable = { 'nodes.txt': strToU8(nodesText(request)) };
    for (const { node_id, name, data } of parts) files[`${node_id}/${name}`] = data;
    return { fileName: request.fileName, zip: Buffer.from(zipSync(files, { level: 6 })) };
  }
}

interface StoredRequest {
  readonly id: string;
  readonly date: string;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly expired: boolean;
  readonly overdue: boolean;
  readonly bytes: string;
}

const REQUEST = `
  SELECT id, log_date AS date, requested_by AS "requestedBy", created_at AS "requestedAt",
         created_at < now() - $3 * interval '1 second' AS expired, created_at < now() - $4 * interval '1 second' AS overdue,
         (SELECT coalesce(sum(length(data)), 0) FROM log_part WHERE request_id = log_request.id) AS bytes
  FROM log_request WHERE id::text = lower($1) AND gateway_id = $2`;

const NODES = `
  SELECT node_id AS id, done_at IS NOT NULL AS done, ok, message FROM node_command
  WHERE kind = 'collect-logs' AND payload->>'requestId' = $1 ORDER BY node_id`;

/** Ready as soon as nobody is waited for any more; those that did not answer are named in the archive. */
function stateOf({ expired, overdue, bytes }: StoredRequest, nodes: LogRequestItem['nodes']): LogRequestItem['state'] {
  if (expired) return 'EXPIRED';
  if (nodes.some(({ done }) => !done) && !overdue) return 'PENDING';
  if (Number(bytes) > 0) return 'READY';
  return nodes.some(({ ok }) => ok === true) ? 'EMPTY' : 'FAILED';
}

const TEXTS: Readonly<Record<LogRequestItem['state'], string>> = {
  PENDING: 'Routers are still answering; ask again',
  READY: '',
  EMPTY: 'Routers keep no lines of that day',
  FAILED: 'No router answered',
  EXPIRED: 'The logs were kept for an hour; ask the routers again',
};

function nodesText({ nodes }: LogRequestItem): string {
  return nodes.map(({ id, ok, message }) => `${id}: ${ok === null ? 'did not answer' : (message ?? '')}\n`).join('');
}

function refuseOtherDays(date: string): void {
  if (date === '') return;
  const at = Date.parse(`${date}T00:00:00Z`);
  const message = `date must be from ${DAYS_BACK} days ago to today (UTC)`;
  if (at > Date.now() || at < Date.now() - (DAYS_BACK + 1) * 86_400_000)
    throw badRequest('invalid_request', message, [{ field: 'date', code: 'invalid', message }]);
}

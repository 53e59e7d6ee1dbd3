import { randomBytes, timingSafeEqual } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { FeedQuery, GatewayEventItem, GatewayEventQuery } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import type { Db } from '../environments/deployment-targets.ts';
import { findGateway } from '../gateways/gateways.queries.ts';
import { GatewaysService } from '../gateways/gateways.service.ts';
import { tokenDigest } from '../gateways/token.ts';
import { ApiError } from '../http/api-error.ts';
import { atomFeed } from './atom-feed.ts';

const FEED_ENTRIES = 100;

/** What has happened to a gateway, as a list and as feeds; kept for a week. */
@Injectable()
export class GatewayEvents {
  readonly #db: Db;
  readonly #gateways: GatewaysService;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(GatewaysService) gateways: GatewaysService) {
    this.#db = dataSource.manager;
    this.#gateways = gateways;
  }

  /** The newest first. @throws ApiError 404 */
  async list(gatewayId: string, query: GatewayEventQuery): Promise<GatewayEventItem[]> {
    return this.#read((await this.#gateways.one(gatewayId, { deleted: true })).id, query);
  }

  /** Another one each time; the one before opens nothing any more. @throws ApiError 404 */
  async issueFeedToken(gatewayId: string): Promise<string> {
    const gateway = await this.#gateways.one(gatewayId);
    const token = `tgf_${randomBytes(32).toString('base64url')}`;
    await this.#db.query(`UPDATE gateway SET feed_token_digest = $2 WHERE id = $1`, [gateway.id, tokenDigest(token)]);
    return token;
  }

  /** For readers that cannot sign in. Who has no token of this gateway does not learn whether there is one. @throws ApiError 401 */
  async feed(gatewayId: string, { feed: kind, token }: FeedQuery): Promise<string> {
    const gateway = await findGateway(this.#db, gatewayId);
    const [row] =
      gateway === null
        ? []
        : await this.#db.query<{ digest: Buffer | null }[]>(`SELECT feed_token_digest AS digest FROM gateway WHERE id = $1`, [
            gateway.id,
          ]);
    const known = row?.digest ?? null;
    if (gateway === null || known === null || !timingSafeEqual(known, tokenDigest(token)))
      throw new ApiError(401, 'unauthorized', 'The token of this feed is missing or wrong');
    const events = await this.#read(gateway.id, {
      level: kind === 'alerts' ? 'WARNING' : 'INFO',
      type: 'all',
      limit: FEED_ENTRIES,
    });
    return atomFeed({ gateway, kind, events, since: gateway.createdAt.toISOString() });
  }

  async #read(gatewayId: string, { level, type, since, limit }: GatewayEventQuery): Promise<GatewayEventItem[]> {
    const rows = await this.#db.query<(Omit<GatewayEventItem, 'at'> & { at: Date })[]>(EVENTS, [
      gatewayId,
      level,
      type,
      since ?? null,
      limit,
    ]);
    return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }));
  }
}

const EVENTS = `
  SELECT id::text, at, level, type, title, detail FROM gateway_event
  WHERE gateway_id = $1 AND array_position(ARRAY['INFO', 'WARNING', 'ERROR'], level) >= array_position(ARRAY['INFO', 'WARNING', 'ERROR'], $2::text)
    AND $3 IN ('all', type) AND ($4::timestamptz IS NULL OR at >= $4)
  ORDER BY id DESC LIMIT $5`;

import { Controller, Get, Inject, Query } from '@nestjs/common';
import { type TrafficAnswer, type TrafficQuery, trafficQuery } from '@tidegate/management-api';
import type { Pool } from 'pg';

import { PG_POOL } from '../database/database.module.ts';
import { GatewaysService } from '../gateways/gateways.service.ts';
import { queryOf } from '../http/query.ts';
import { readTraffic } from './read-traffic.ts';
import { stepsOf } from './steps-of.ts';
import { trafficAnswer } from './traffic-answer.ts';

@Controller(['traffic', 'api/management/v1/traffic'])
export class TrafficController {
  readonly #pool: Pool;
  readonly #gateways: GatewaysService;

  constructor(@Inject(PG_POOL) pool: Pool, @Inject(GatewaysService) gateways: GatewaysService) {
    this.#pool = pool;
    this.#gateways = gateways;
  }

  @Get()
  async read(@Query(queryOf(trafficQuery)) query: TrafficQuery): Promise<TrafficAnswer> {
    const { minutes, gateway } = query;
    const api = query.api ?? null;
    const gatewayId = gateway === undefined ? null : (await this.#gateways.one(gateway)).id;
    const asked = { ...stepsOf(minutes, api === null ? 'node' : 'api', Date.now()), gatewayId, api };
    return trafficAnswer(asked, await readTraffic(this.#pool, asked));
  }
}

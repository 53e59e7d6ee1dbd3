import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { Gauge, type Registry } from 'prom-client';

import { PG_POOL } from '../database/database.module.ts';
import { METRICS } from '../settings.module.ts';

/** How many APIs there are, counted when scraped: what is counted along the way forgets at a restart. */
@Injectable()
export class ApiMetrics {
  constructor(@Inject(METRICS) registry: Registry, @Inject(PG_POOL) pool: Pool) {
    new Gauge({
      name: 'gateway_controller_apis_total',
      help: 'APIs that are there; active = deployed',
      labelNames: ['api_type', 'status'],
      registers: [registry],
      async collect() {
        const { rows } = await pool.query<{ active: number; inactive: number }>(COUNTS);
        const { active = 0, inactive = 0 } = rows[0] ?? {};
        this.set({ api_type: 'rest_api', status: 'active' }, active);
        this.set({ api_type: 'rest_api', status: 'undeployed' }, inactive);
      },
    });
  }
}

const COUNTS = `
  SELECT count(*) FILTER (WHERE desired_state = 'deployed')::int AS active,
         count(*) FILTER (WHERE desired_state <> 'deployed')::int AS inactive
  FROM api`;

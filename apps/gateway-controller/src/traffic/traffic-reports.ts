import { type Answered, type Traffic, TRAFFIC_APIS_MAX } from '@tidegate/gateway-ir';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';

import { coalesce } from '../change-log/coalesce.ts';
import { PG_POOL } from '../database/database.module.ts';
import type { NodeIdentity } from '../gateways/node-credentials.ts';
import { toStoredText } from '../gateways/stored-values.ts';
import { LOGGER } from '../settings.module.ts';
import { API_SLOT_SECONDS, CLASS_COLUMNS, COUNT_COLUMNS, LATENCY_COLUMNS, NODE_SLOT_SECONDS } from './traffic-columns.ts';

/** Reports wait this long for others: two statements for the whole fleet */
const FLUSH_MS = 2_000;

/** Rows that wait to be written; a database that is away costs figures, never memory. */
const PENDING_MAX = 20_000;

interface Slot {
  readonly table: 'node' | 'api';
  /** Seconds since 1970, begin of the slot */
  readonly slot: number;
  readonly gatewayId: string;
  /** Node id or handle */
  readonly name: string;
  coveredMs: number;
  readonly counts: number[];
}

/** Adds what routers say they answered to the slot in which it is heard. */
@Injectable()
export class TrafficReports implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #flush = coalesce(() => this.#write());
  #pending = new Map<string, Slot>();
  #timer: NodeJS.Timeout | undefined;

  constructor(@Inject(PG_POOL) pool: Pool, @Inject(LOGGER) logger: Logger) {
    this.#pool = pool;
    this.#logger = logger;
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.#flush(), FLUSH_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush();
  }

  add({ gatewayId, nodeId }: Pick<NodeIdentity, 'gatewayId' | 'nodeId'>, traffic: Traffic, heardMs = Date.now()): void {
    if (traffic.all === undefined) return;
    const heard = (table: Slot['table'], name: string, answered: Answered): Slot =>
      this.#count({ table, slot: slotOf(table, heardMs), gatewayId, name }, answered);
    heard('node', nodeId, traffic.all).coveredMs += traffic.intervalMs;
    for (const { api, answered } of traffic.apis.slice(0, TRAFFIC_APIS_MAX)) {
      if (answered !== undefined) heard('api', toStoredText(api, 128), answered);
    }
  }

  #count(of: Pick<Slot, 'table' | 'slot' | 'gatewayId' | 'name'>, { byClass, byLatency }: Answered): Slot {
    const { table, slot, gatewayId, name } = of;
    const key = `${table}/${slot}/${gatewayId}/${name}`;
    let kept = this.#pending.get(key);
    if (kept === undefined) {
      kept = { ...of, coveredMs: 0, counts: COUNT_COLUMNS.map(() => 0) };
      if (this.#pending.size < PENDING_MAX) this.#pending.set(key, kept);
    }
    const heard = [...padded(byClass, CLASS_COLUMNS.length), ...padded(byLatency, LATENCY_COLUMNS.length)];
    for (const [at, count] of heard.entries()) kept.counts[at] = (kept.counts[at] ?? 0) + count;
    return kept;
  }

  async #write(): Promise<void> {
    if (this.#pending.size === 0) return;
    const slots = [...this.#pending.values()];
    this.#pending = new Map();
    try {
      for (const table of ['node', 'api'] as const) {
        const rows = slots.filter((slot) => slot.table === table);
        if (rows.length > 0) await this.#pool.query(ADD[table], [JSON.stringify(rows)]);
      }
    } catch (error) {
      this.#logger.warn({ err: error, slots: slots.length }, 'Reports of traffic could not be stored and are lost');
    }
  }
}

function slotOf(table: Slot['table'], atMs: number): number {
  const length = table === 'node' ? NODE_SLOT_SECONDS : API_SLOT_SECONDS;
  return Math.floor(atMs / 1000 / length) * length;
}

/** A router of another release may know other buckets: what is missing is 0, what is more is left out. */
function padded(counts: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, at) => counts[at] ?? 0);
}

const ADD = { node: addTo('node_traffic', 'node_id', 'covered_ms'), api: addTo('api_traffic', 'api') } as const;

function addTo(table: string, name: string, covered?: string): string {
  const counted = covered === undefined ? COUNT_COLUMNS : [covered, ...COUNT_COLUMNS];
  const values = COUNT_COLUMNS.map((_, at) => `(row->'counts'->>${at})::bigint`);
  return `
    INSERT INTO ${table} AS old (slot, gateway_id, ${name}, ${counted.join(', ')})
    SELECT to_timestamp((row->>'slot')::double precision), (row->>'gatewayId')::uuid, row->>'name',
      ${covered === undefined ? '' : `(row->>'coveredMs')::integer,`} ${values.join(', ')}
    FROM jsonb_array_elements($1::jsonb) AS row
    ON CONFLICT (slot, gateway_id, ${name}) DO UPDATE SET
      ${counted.map((column) => `${column} = old.${column} + excluded.${column}`).join(', ')}`;
}

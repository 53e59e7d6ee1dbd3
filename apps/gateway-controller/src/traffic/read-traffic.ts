import type { Pool } from 'pg';

import { COUNT_COLUMNS } from './traffic-columns.ts';

/** Counts in the order of COUNT_COLUMNS. */
export interface Counted {
  readonly counts: readonly number[];
}

export interface CountedStep extends Counted {
  /** Begin of the step, ms since 1970 */
  readonly atMs: number;
}

/** How well a step is known. */
export interface Coverage {
  readonly atMs: number;
  readonly nodes: number;
  /** Of the node that reported most of it */
  readonly coveredMs: number;
}

export interface TrafficRows {
  /** Of everything asked for, by step; steps without requests may be missing */
  readonly steps: readonly CountedStep[];
  readonly coverage: readonly Coverage[];
  readonly gateways: readonly (Counted & {
    readonly id: string;
    readonly handle: string;
    readonly name: string;
    readonly nodes: number;
  })[];
  readonly apis: readonly (Counted & { readonly api: string })[];
}

export interface TrafficAsked {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  /** null = all */
  readonly gatewayId: string | null;
  readonly api: string | null;
}

/** Four sums over a few hours of slots, each by its primary key. */
export async function readTraffic(pool: Pool, asked: TrafficAsked): Promise<TrafficRows> {
  const { fromMs, toMs, stepMs, gatewayId, api } = asked;
  const range = [fromMs, toMs, gatewayId];
  const [coverage, steps, gateways, apis] = await Promise.all([
    pool.query<Coverage>(COVERAGE, [...range, stepMs]),
    api === null
      ? pool.query<CountedStep>(STEPS.node, [...range, stepMs])
      : pool.query<CountedStep>(STEPS.api, [...range, stepMs, api]),
    pool.query<TrafficRows['gateways'][number]>(GATEWAYS, range),
    pool.query<TrafficRows['apis'][number]>(APIS, range),
  ]);
  return { coverage: coverage.rows, steps: steps.rows, gateways: gateways.rows, apis: apis.rows };
}

const SUMS = `ARRAY[${COUNT_COLUMNS.map((column) => `sum(${column})::float8`).join(', ')}] AS counts`;
const REQUESTS = `sum(${COUNT_COLUMNS.filter((column) => column.startsWith('class')).join(' + ')})`;
const AT = `floor(extract(epoch FROM slot) * 1000 / $4) * $4`;
const WITHIN = `slot >= to_timestamp($1::double precision / 1000) AND slot < to_timestamp($2::double precision / 1000)
  AND ($3::uuid IS NULL OR gateway_id = $3)`;

const COVERAGE = `
  SELECT "atMs"::float8, count(*)::int AS nodes, max(covered)::float8 AS "coveredMs"
  FROM (SELECT ${AT} AS "atMs", sum(covered_ms) AS covered FROM node_traffic WHERE ${WITHIN} GROUP BY 1, gateway_id, node_id) AS by_node
  GROUP BY 1 ORDER BY 1`;

const STEPS = {
  node: `SELECT (${AT})::float8 AS "atMs", ${SUMS} FROM node_traffic WHERE ${WITHIN} GROUP BY 1 ORDER BY 1`,
  api: `SELECT (${AT})::float8 AS "atMs", ${SUMS} FROM api_traffic WHERE ${WITHIN} AND api = $5 GROUP BY 1 ORDER BY 1`,
} as const;

const GATEWAYS = `
  SELECT id, handle, display_name AS name, count(DISTINCT node_id)::int AS nodes, ${SUMS}
  FROM node_traffic JOIN gateway ON gateway.id = gateway_id
  WHERE ${WITHIN} AND deleted_at IS NULL GROUP BY id ORDER BY ${REQUESTS} DESC, handle LIMIT 100`;

const APIS = `SELECT api, ${SUMS} FROM api_traffic WHERE ${WITHIN} GROUP BY api ORDER BY ${REQUESTS} DESC, api LIMIT 10`;

import { EntryKind } from '@tidegate/gateway-ir';
import type { Pool, QueryResultRow } from 'pg';

import type { LinkedApi } from './compare-apim.ts';
import type { DueEntry } from './compare-entries.ts';
import type { RouterFacts } from './compare-routers.ts';

export interface NamedGateway {
  readonly id: string;
  readonly handle: string;
}

export function readGateways(pool: Pool): Promise<NamedGateway[]> {
  return rows<NamedGateway>(pool, `SELECT id, handle FROM gateway WHERE deleted_at IS NULL ORDER BY handle`);
}

/**
 * What a gateway owes its routers beside routes, with the version it is of: keys and subscriptions of APIs that have a deployment there,
 * deployed or not, and every certificate. Held keys and subscriptions that let nobody in are served by nobody.
 */
export async function readDueEntries(pool: Pool, gatewayId: string): Promise<{ version: number; entries: DueEntry[] }> {
  const [row] = await rows<{ version: string; entries: DueEntry[] }>(pool, DUE, [gatewayId]);
  return { version: Number(row?.version ?? 0), entries: row?.entries ?? [] };
}

export async function readRouters(pool: Pool, gatewayId: string): Promise<RouterFacts[]> {
  const found = await rows<Omit<RouterFacts, 'epoch' | 'version'> & Record<'epoch' | 'version', string>>(pool, ROUTERS, [
    gatewayId,
  ]);
  return found.map((router) => ({ ...router, epoch: Number(router.epoch), version: Number(router.version) }));
}

export async function readLinkedApis(pool: Pool): Promise<LinkedApi[]> {
  const found = await rows<StoredLink>(pool, LINKED);
  return found.map(({ handle, generation, phase, desired, synced, inDoubt, looking, paused, message }) => ({
    handle,
    generation: generation === null ? null : Number(generation),
    link:
      phase === null
        ? null
        : { phase, desiredGeneration: Number(desired), syncedGeneration: Number(synced), inDoubt, looking, paused, message },
  }));
}

/** Handles of APIs for which something was sent since then although APIM had been reported to have that very generation. */
export async function readMended(pool: Pool, since: string): Promise<string[]> {
  return (await rows<{ handle: string }>(pool, MENDED, [since])).map(({ handle }) => handle);
}

interface StoredLink {
  readonly handle: string;
  readonly generation: string | null;
  readonly phase: string | null;
  readonly desired: string;
  readonly synced: string;
  readonly inDoubt: boolean;
  readonly looking: boolean;
  readonly paused: boolean;
  readonly message: string | null;
}

async function rows<R extends QueryResultRow>(pool: Pool, text: string, values: unknown[] = []): Promise<R[]> {
  return (await pool.query<R>(text, values)).rows;
}

const DUE = `
  WITH here AS (
    SELECT DISTINCT api_id FROM deployment JOIN environment_place AS place USING (environment_id) WHERE place.gateway_id = $1
  ), due AS (
    SELECT ${EntryKind.API_KEY} AS kind, id::text FROM api_key JOIN here USING (api_id) WHERE held_at IS NULL
    UNION ALL
    SELECT ${EntryKind.SUBSCRIPTION}, subscription.id::text
    FROM subscription JOIN here USING (api_id) LEFT JOIN subscription_plan AS plan ON plan.id = plan_id
    WHERE subscription.status = 'ACTIVE' AND coalesce(plan.status, 'ACTIVE') = 'ACTIVE'
    UNION ALL
    SELECT ${EntryKind.CERTIFICATE}, id::text FROM certificate
  )
  SELECT gateway.version, coalesce((SELECT jsonb_agg(jsonb_build_object('kind', kind, 'id', id)) FROM due), '[]') AS entries
  FROM gateway WHERE id = $1`;

const ROUTERS = `
  SELECT node_id AS id, coalesce(lease_until > now(), false) AS live, acked_epoch AS epoch, acked_version AS version,
         encode(acked_hash, 'hex') AS hash, rejected
  FROM node WHERE gateway_id = $1 ORDER BY node_id`;

/** A look at what passes for synced is no doubt about it. */
const LINKED = `
  SELECT coalesce(api.handle, link.handle) AS handle, api.generation,
         CASE WHEN link.looking AND NOT link.disturbed THEN 'synced' ELSE link.phase END AS phase,
         link.desired_generation AS desired, link.synced_generation AS synced,
         (link.dirty AND NOT link.looking) OR link.disturbed AS "inDoubt",
         coalesce(link.looking OR link.look_at <= now(), false) AS looking, link.paused_at IS NOT NULL AS paused, link.message
  FROM (SELECT * FROM api WHERE origin = 'gateway_api') AS api FULL JOIN apim_link AS link ON link.api_id = api.id
  ORDER BY 1`;

const MENDED = `
  SELECT DISTINCT link.handle FROM apim_attempt AS mending JOIN apim_link AS link USING (api_id)
  WHERE mending.claimed_at >= $1::timestamptz AND mending.tried AND EXISTS (
    SELECT 1 FROM apim_attempt AS earlier WHERE earlier.api_id = mending.api_id AND earlier.generation = mending.generation
      AND earlier.outcome = 'synced' AND earlier.id < mending.id)
  ORDER BY 1`;

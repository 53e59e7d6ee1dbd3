import { type Hello, Phase } from '@tidegate/gateway-ir';
import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';

import type { ControllerConfig } from '../config.ts';
import { PG_POOL } from '../database/database.module.ts';
import { CONFIG } from '../settings.module.ts';
import { toStoredInt, toStoredMap, toStoredText } from './stored-values.ts';

/** What a node said since the last write. Absent = nothing about that; all times are ages, since the clock is PostgreSQL's. */
export interface NodeFacts {
  readonly gatewayId: string;
  readonly nodeId: string;
  /** Facts of an older stream of the node change nothing */
  readonly streamEpoch: number;
  readonly phase?: NodePhase;
  readonly reason?: string;
  readonly graceMs?: number;
  readonly cutRequests?: number;
  readonly health?: {
    readonly inFlight: number;
    readonly rssBytes: number;
    readonly loopDelayMs: number;
    readonly byEnvironment: Readonly<Record<string, number>>;
  };
  readonly applied?: {
    readonly epoch: number;
    readonly version: number;
    readonly hash: string;
    /** Of an Applied; a heartbeat only repeats what is held */
    readonly applyUs?: number;
    readonly ageMs: number;
  };
  readonly rejected?: readonly object[];
  /** Since the last `applied` of this report */
  readonly nacked?: object;
  readonly settings?: {
    readonly revision: number;
    readonly effective: Readonly<Record<string, string>>;
    readonly waiting: readonly string[];
    readonly refused: readonly string[];
  };
  /** All there are */
  readonly issues?: readonly object[];
  /** Its clock against the controller's, ms */
  readonly skewMs?: number;
}

export type NodePhase = 'starting' | 'ready' | 'draining' | 'stopped' | 'start_failed';

/** `null` for a phase of a later protocol. */
export function nodePhase(phase: Phase): NodePhase | null {
  return PHASES.get(phase) ?? null;
}

const PHASES = new Map<Phase, NodePhase>([
  [Phase.STARTING, 'starting'],
  [Phase.READY, 'ready'],
  [Phase.DRAINING, 'draining'],
  [Phase.STOPPED, 'stopped'],
  [Phase.START_FAILED, 'start_failed'],
]);

/** What nodes reported; status is derived from it. All clocks are PostgreSQL's. */
@Injectable()
export class Nodes {
  readonly #pool: Pool;
  readonly #leaseMs: number;

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(CONFIG) config: { readonly controller: Pick<ControllerConfig['controller'], 'discovery'> },
  ) {
    this.#pool = pool;
    this.#leaseMs = config.controller.discovery.lease;
  }

  /**
   * Notes a Hello and answers the number of the node's stream; other replicas hear of it and end older streams.
   * `null`: a process of this node that started later holds a live lease.
   */
  async hello(gatewayId: string, hello: Hello): Promise<number | null> {
    const { rows } = await this.#pool.query<{ stream_epoch: string }>(HELLO, [
      gatewayId,
      hello.nodeId,
      toStoredText(hello.bootId, 128),
      nodePhase(hello.phase) ?? 'starting',
      hello.previousBootClean,
      toStoredText(hello.runtimeVersion, 128),
      toStoredText(hello.hostName, 255),
      JSON.stringify(toStoredMap(hello.startupProperties)),
      hello.bootedAtMs,
      toStoredInt(hello.workers),
      this.#leaseMs,
      hello.epoch,
      hello.version,
      Buffer.from(hello.tableHash),
    ]);
    return rows[0] === undefined ? null : Number(rows[0].stream_epoch);
  }

  /** One statement for many nodes. Applied versions are announced to every replica (`tidegate_applied`). */
  async report(facts: readonly NodeFacts[]): Promise<void> {
    await this.#pool.query(REPORT, [JSON.stringify(facts), this.#leaseMs]);
  }

  /** Nodes whose lease was valid at `atMs` (PostgreSQL's clock), with what they hold. */
  async liveAt(
    gatewayId: string,
    atMs: number,
  ): Promise<{ nodeId: string; epoch: number; version: number; appliedAtMs: number }[]> {
    const { rows } = await this.#pool.query<{ nodeId: string; epoch: string; version: string; appliedAtMs: string | null }>(
      `SELECT node_id AS "nodeId", acked_epoch AS epoch, acked_version AS version,
              extract(epoch FROM acked_at) * 1000 AS "appliedAtMs"
       FROM node WHERE gateway_id = $1 AND lease_until > to_timestamp($2::double precision / 1000) ORDER BY node_id`,
      [gatewayId, atMs],
    );
    return rows.map((row) => ({
      ...row,
      epoch: Number(row.epoch),
      version: Number(row.version),
      appliedAtMs: Number(row.appliedAtMs ?? 0),
    }));
  }

  /** Another process that says it is this node was refused. */
  async noteDuplicate(gatewayId: string, nodeId: string): Promise<void> {
    await this.#pool.query(`UPDATE node SET duplicate_seen_at = now() WHERE gateway_id = $1 AND node_id = $2`, [
      gatewayId,
      nodeId,
    ]);
  }

  /** As if it had never been there. */
  async forget(gatewayId: string, nodeId: string): Promise<void> {
    await this.#pool.query(`DELETE FROM node WHERE gateway_id = $1 AND node_id = $2`, [gatewayId, nodeId]);
  }

  /** Nodes that could not build a deployment of the API, with what they said of it. */
  async rejections(gatewayId: string, apiId: string): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.#pool.query<{ nodeId: string; message: string }>(
      `SELECT node_id AS "nodeId", rejection->>'message' AS message
       FROM node, jsonb_array_elements(rejected) AS rejection
       WHERE gateway_id = $1 AND starts_with(rejection->>'id', $2 || '/')`,
      [gatewayId, apiId],
    );
    return new Map(rows.map(({ nodeId, message }) => [nodeId, message]));
  }
}

/** Heard by propagation.ts on every replica. */
const ANNOUNCE_APPLIED = `pg_notify('tidegate_applied',
      json_build_array(gateway_id, node_id, acked_epoch, acked_version, extract(epoch FROM acked_at) * 1000)::text)`;

const HELLO = `
  WITH greeted AS (
    INSERT INTO node AS old (gateway_id, node_id, boot_id, stream_epoch, phase, previous_boot_clean, runtime_version, host_name,
        startup_properties, booted_at, workers, boots_since_ready, ready_at, boot_seen_at, last_seen_at, lease_until,
        acked_epoch, acked_version, acked_hash, acked_at)
    VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, to_timestamp($9::double precision / 1000), $10, CASE WHEN $4 = 'ready' THEN 0 ELSE 1 END,
        CASE WHEN $4 = 'ready' THEN now() END, now(), now(), now() + $11 * interval '1 millisecond', $12, $13, $14, now())
    ON CONFLICT (gateway_id, node_id) DO UPDATE SET
      boot_id = excluded.boot_id, stream_epoch = old.stream_epoch + 1, phase = excluded.phase,
      previous_boot_clean = excluded.previous_boot_clean, runtime_version = excluded.runtime_version, host_name = excluded.host_name,
      startup_properties = excluded.startup_properties, booted_at = excluded.booted_at, workers = excluded.workers,
      boots_since_ready = CASE WHEN excluded.phase = 'ready' THEN 0
        ELSE old.boots_since_ready + (old.boot_id IS DISTINCT FROM excluded.boot_id)::int END,
      ready_at = CASE WHEN old.boot_id IS DISTINCT FROM excluded.boot_id OR old.ready_at IS NULL THEN excluded.ready_at ELSE old.ready_at END,
      boot_seen_at = CASE WHEN old.boot_id IS DISTINCT FROM excluded.boot_id THEN excluded.boot_seen_at ELSE old.boot_seen_at END,
      stopping_at = CASE WHEN old.boot_id = excluded.boot_id THEN old.stopping_at END,
      stopped_at = NULL, phase_reason = NULL, cut_requests = NULL, nacked = NULL, issues = '[]',
      last_seen_at = excluded.last_seen_at, lease_until = excluded.lease_until,
      acked_epoch = excluded.acked_epoch, acked_version = excluded.acked_version, acked_hash = excluded.acked_hash,
      acked_at = CASE WHEN (old.acked_epoch, old.acked_version) = (excluded.acked_epoch, excluded.acked_version) THEN old.acked_at
        ELSE excluded.acked_at END
    WHERE old.boot_id = excluded.boot_id OR old.booted_at IS NULL OR old.booted_at <= excluded.booted_at
       OR old.lease_until IS NULL OR old.lease_until < now()
    RETURNING gateway_id, node_id, boot_id, stream_epoch, acked_epoch, acked_version, acked_at)
  SELECT stream_epoch,
    pg_notify('tidegate_stream', json_build_array(gateway_id, node_id, stream_epoch, boot_id)::text),
    ${ANNOUNCE_APPLIED}
  FROM greeted`;

/**
 * Not worth a disk flush: with its next heartbeat a node says again what a crash of the database forgot. What is no news leaves
 * the time of the ack alone, and rings nobody. A Nack stands until the next Applied (`applyUs` is in that one only).
 */
const REPORT = `
  WITH fact AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS fact("gatewayId" uuid, "nodeId" text, "streamEpoch" bigint, phase text,
      reason text, "graceMs" int, "cutRequests" int, health jsonb, applied jsonb, rejected jsonb, nacked jsonb,
      settings jsonb, issues jsonb, "skewMs" double precision)
  ), reported AS (
    UPDATE node SET
      last_seen_at = now(),
      lease_until = CASE WHEN coalesce(fact.phase, node.phase) IN ('stopped', 'start_failed') THEN now()
        ELSE now() + $2 * interval '1 millisecond' END,
      phase = coalesce(fact.phase, node.phase),
      phase_reason = coalesce(fact.reason, node.phase_reason),
      ready_at = CASE WHEN fact.phase = 'ready' AND (node.phase <> 'ready' OR node.ready_at IS NULL) THEN now() ELSE node.ready_at END,
      boots_since_ready = CASE WHEN fact.phase = 'ready' THEN 0 ELSE node.boots_since_ready END,
      stopping_at = CASE WHEN fact.phase = 'draining' THEN coalesce(node.stopping_at, now())
        WHEN fact.phase = 'ready' THEN NULL ELSE node.stopping_at END,
      stopped_at = CASE WHEN fact.phase IN ('stopped', 'start_failed') THEN now() ELSE node.stopped_at END,
      drain_grace_ms = coalesce(fact."graceMs", node.drain_grace_ms),
      cut_requests = coalesce(fact."cutRequests", node.cut_requests),
      health = node.health || coalesce(fact.health, '{}') || jsonb_strip_nulls(jsonb_build_object('applyUs', fact.applied->'applyUs')),
      acked_epoch = coalesce((fact.applied->>'epoch')::bigint, node.acked_epoch),
      acked_version = coalesce((fact.applied->>'version')::bigint, node.acked_version),
      acked_hash = coalesce(decode(fact.applied->>'hash', 'hex'), node.acked_hash),
      acked_at = CASE WHEN (node.acked_epoch, node.acked_version, node.acked_hash) IS NOT DISTINCT FROM
          ((fact.applied->>'epoch')::bigint, (fact.applied->>'version')::bigint, decode(fact.applied->>'hash', 'hex')) THEN node.acked_at
        ELSE coalesce(clock_timestamp() - (fact.applied->>'ageMs')::double precision * interval '1 millisecond', node.acked_at) END,
      rejected = coalesce(fact.rejected, node.rejected),
      nacked = CASE WHEN fact.nacked IS NOT NULL THEN fact.nacked || jsonb_build_object('at', now())
        WHEN fact.applied ? 'applyUs' THEN NULL ELSE node.nacked END,
      settings_revision = coalesce((fact.settings->>'revision')::bigint, node.settings_revision),
      effective_settings = coalesce(fact.settings->'effective', node.effective_settings),
      settings_waiting = coalesce(fact.settings->'waiting', node.settings_waiting),
      settings_refused = coalesce(fact.settings->'refused', node.settings_refused),
      issues = coalesce(fact.issues, node.issues),
      clock_skew_ms = coalesce(fact."skewMs", node.clock_skew_ms)
    FROM fact, node AS old
    WHERE node.gateway_id = fact."gatewayId" AND node.node_id = fact."nodeId" AND node.stream_epoch = fact."streamEpoch"
      AND old.gateway_id = node.gateway_id AND old.node_id = node.node_id
    RETURNING node.gateway_id, node.node_id, node.acked_epoch, node.acked_version, node.acked_at,
      node.acked_at IS DISTINCT FROM old.acked_at AS is_news)
  SELECT set_config('synchronous_commit', 'off', true), (SELECT count(${ANNOUNCE_APPLIED}) FROM reported WHERE is_news)`;
